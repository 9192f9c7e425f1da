/** Augmentation: the part of a picture that training sees, flipped and turned, boxes moved along. */

import { blankRaster, type Raster } from "../../lib/images/raster.ts";
import { resizeRaster } from "../../lib/images/resize.ts";
import type { FractionBox, Size } from "../../lib/core/geometry.ts";
import type { Random } from "../../lib/core/random.ts";

/** How a picture is seen. */
export interface View {
  readonly flipped: boolean;
  /** Clockwise, in radians. */
  readonly angle: number;
}

/** Options of {@linkcode drawView}. */
export interface ViewOptions {
  /** Probability of a flip. */
  readonly flip: number;
  /** Largest angle to either side, in degrees. */
  readonly rotation: number;
}

/** The picture upright, centre-cropped and nothing else. */
export const plainView: View = { flipped: false, angle: 0 };

/** A random view. */
export function drawView(random: Random, options: ViewOptions): View {
  const flipped = random.chance(options.flip);
  const degrees = (2 * random.uniform() - 1) * options.rotation;
  return { flipped, angle: degrees * Math.PI / 180 };
}

/**
 * Centre and side of the square that a view shows, in pixels of the picture. The side is the largest
 * one at which no corner leaves the picture.
 */
function frameOf(
  size: { readonly width: number; readonly height: number },
  { angle }: View,
): { x: number; y: number; side: number } {
  const short = Math.min(size.width, size.height);
  const side = short / (Math.abs(Math.cos(angle)) + Math.abs(Math.sin(angle)));
  return { x: size.width / 2, y: size.height / 2, side };
}

/** A picture in a view, `side` × `side` pixels, opaque. */
export async function seeRaster(
  raster: Raster,
  view: View,
  side: number,
): Promise<Raster> {
  // shrunk first, with a filter that sees all pixels; what is left to do keeps the scale
  const scale = side / frameOf(raster, view).side;
  const scaled = await resizeRaster(raster, {
    width: Math.max(1, Math.round(raster.width * scale)),
    height: Math.max(1, Math.round(raster.height * scale)),
  });
  const frame = frameOf(scaled, view);
  const step = frame.side / side;
  const cos = Math.cos(view.angle), sin = Math.sin(view.angle);
  const out = blankRaster(side, side, [0, 0, 0, 255]);
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const u = (view.flipped ? side - 1 - column : column) + 0.5 - side / 2;
      const w = row + 0.5 - side / 2;
      const x = frame.x + step * (u * cos + w * sin) - 0.5;
      const y = frame.y + step * (w * cos - u * sin) - 0.5;
      sample(scaled, x, y, out.data, (row * side + column) * 4);
    }
  }
  return out;
}

/**
 * Sizes of a view for models that read them (Podell et al. 2023, 2.2): of the whole picture, and where
 * the square was cut out of it once it was resized.
 */
export function viewSizes(
  { width, height }: Size,
  side: number,
): {
  original: Size;
  crop: { left: number; top: number };
  target: Size;
} {
  const scale = side / Math.min(width, height);
  const rest = (length: number) => Math.round((length * scale - side) / 2);
  return {
    original: { width, height },
    crop: { left: rest(width), top: rest(height) },
    target: { width: side, height: side },
  };
}

/** The colour at a point between pixel centres, bilinear, over black. */
function sample(
  { width, height, data }: Raster,
  x: number,
  y: number,
  out: Uint8Array,
  at: number,
): void {
  const left = clamp(Math.floor(x), width), right = clamp(left + 1, width);
  const top = clamp(Math.floor(y), height), bottom = clamp(top + 1, height);
  const fx = Math.min(1, Math.max(0, x - left));
  const fy = Math.min(1, Math.max(0, y - top));
  for (let c = 0; c < 3; c++) {
    const value = (px: number, py: number) => {
      const i = (py * width + px) * 4;
      return data[i + c]! * data[i + 3]! / 255;
    };
    const above = value(left, top) * (1 - fx) + value(right, top) * fx;
    const below = value(left, bottom) * (1 - fx) + value(right, bottom) * fx;
    out[at + c] = Math.round(above * (1 - fy) + below * fy);
  }
}

function clamp(index: number, length: number): number {
  return Math.min(length - 1, Math.max(0, index));
}

/**
 * Where a box is in a view: the smallest upright box around its turned corners, cut to what the
 * view shows.
 *
 * @param box corners as fractions of the picture of `size`.
 * @returns the box in fractions of the view, and how much of its area is left, 0..1.
 */
export function seeBox(
  box: readonly [number, number, number, number],
  size: { readonly width: number; readonly height: number },
  view: View,
): { box: FractionBox; left: number } {
  const [x0, y0, x1, y1] = box;
  const frame = frameOf(size, view);
  const cos = Math.cos(view.angle), sin = Math.sin(view.angle);
  const corners = [[x0, y0], [x1, y0], [x0, y1], [x1, y1]].map(([x, y]) => {
    const dx = x! * size.width - frame.x, dy = y! * size.height - frame.y;
    const u = (dx * cos - dy * sin) / frame.side;
    return {
      x: 0.5 + (view.flipped ? -u : u),
      y: 0.5 + (dx * sin + dy * cos) / frame.side,
    };
  });
  const whole = {
    x0: Math.min(...corners.map(({ x }) => x)),
    y0: Math.min(...corners.map(({ y }) => y)),
    x1: Math.max(...corners.map(({ x }) => x)),
    y1: Math.max(...corners.map(({ y }) => y)),
  };
  const cut = {
    x0: Math.min(1, Math.max(0, whole.x0)),
    y0: Math.min(1, Math.max(0, whole.y0)),
    x1: Math.min(1, Math.max(0, whole.x1)),
    y1: Math.min(1, Math.max(0, whole.y1)),
  };
  return { box: cut, left: area(cut) / Math.max(area(whole), 1e-12) };
}

function area(box: FractionBox): number {
  return Math.max(0, box.x1 - box.x0) * Math.max(0, box.y1 - box.y0);
}

/** A raster mirrored left to right. */
export function flipRaster(raster: Raster): Raster {
  const { width, height, data } = raster;
  const flipped = new Uint8Array(data.length);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const from = (row * width + column) * 4;
      const to = (row * width + width - 1 - column) * 4;
      flipped.set(data.subarray(from, from + 4), to);
    }
  }
  return { width, height, data: flipped };
}
