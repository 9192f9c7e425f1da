import type { FractionBox, Size } from "../core/geometry.ts";
import { blankRaster, type Raster } from "./raster.ts";
import { type Fit, resizeRaster } from "./resize.ts";

/** A picture and where it goes. */
export interface Placed {
  readonly raster: Raster;
  readonly box: FractionBox;
  /** How the picture meets a box of another shape. @default {"stretch"} */
  readonly fit?: Fit;
}

/**
 * The composite image (paper III-B): the canvas in black, each picture resized into its box by its
 * alpha, later ones over earlier ones. The result is opaque.
 *
 * @param ground an opaque picture of this size in place of the black canvas.
 */
export async function compositeImage(
  size: Size,
  placed: readonly Placed[],
  ground?: Raster,
): Promise<Raster> {
  const canvas = ground === undefined
    ? blankRaster(size.width, size.height, [0, 0, 0, 255])
    : { ...ground, data: ground.data.slice() };
  const boxes = placed.map(({ box }) => pixelBox(box, size));
  const resized = await Promise.all(
    placed.map(({ raster, fit }, i) =>
      resizeRaster(raster, boxes[i]!, { fit })
    ),
  );
  resized.forEach((raster, i) =>
    drawOver(canvas, raster, boxes[i]!.x, boxes[i]!.y)
  );
  return canvas;
}

/** A box on the pixel grid, at least one pixel in each direction. */
export function pixelBox(
  box: FractionBox,
  size: Size,
): { x: number; y: number; width: number; height: number } {
  const [x, width] = pixelSpan(box.x0, box.x1, size.width);
  const [y, height] = pixelSpan(box.y0, box.y1, size.height);
  return { x, y, width, height };
}

function pixelSpan(from: number, to: number, pixels: number): [number, number] {
  const start = Math.min(pixels - 1, Math.round(from * pixels));
  return [start, Math.max(1, Math.round(to * pixels) - start)];
}

/** Draws `raster` over `canvas` with its corner at x, y; what stands out is left off. */
export function drawOver(
  canvas: Raster,
  raster: Raster,
  x: number,
  y: number,
): void {
  const rows = Math.min(raster.height, canvas.height - y);
  const columns = Math.min(raster.width, canvas.width - x);
  for (let row = Math.max(0, -y); row < rows; row++) {
    for (let column = Math.max(0, -x); column < columns; column++) {
      const from = (row * raster.width + column) * 4;
      const to = ((y + row) * canvas.width + x + column) * 4;
      blend(canvas.data, to, raster.data, from);
    }
  }
}

/** Porter and Duff's "over" for one pixel. */
function blend(
  below: Uint8Array,
  to: number,
  above: Uint8Array,
  from: number,
): void {
  if (above[from + 3] === 0) return;
  if (above[from + 3] === 255) {
    for (let i = 0; i < 4; i++) below[to + i] = above[from + i]!;
    return;
  }
  const a = above[from + 3]! / 255;
  const rest = below[to + 3]! / 255 * (1 - a);
  const alpha = a + rest;
  for (let c = 0; c < 3; c++) {
    below[to + c] = Math.round(
      (above[from + c]! * a + below[to + c]! * rest) / alpha,
    );
  }
  below[to + 3] = Math.round(alpha * 255);
}
