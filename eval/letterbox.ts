import { loadSharp } from "../lib/images/load_sharp.ts";
import type { Raster } from "../lib/images/raster.ts";
import type { Size } from "../lib/ops/ops.ts";

/** How a picture lies within a letterbox. */
export interface LetterboxPlace {
  /** What the picture's sides were multiplied by. */
  readonly ratio: number;
  /** Pixels of grey to the left. */
  readonly left: number;
  /** Pixels of grey above. */
  readonly top: number;
  /** Width of the picture within. */
  readonly width: number;
  /** Height of the picture within. */
  readonly height: number;
}

/**
 * Where Ultralytics' `LetterBox` puts a picture of `picture` pixels in a box of `size`: as large as
 * it fits, its sides rounded, in the middle; of an odd pixel of grey the larger part is below and
 * to the right.
 */
export function letterboxPlace(picture: Size, size: Size): LetterboxPlace {
  const ratio = Math.min(
    size.height / picture.height,
    size.width / picture.width,
  );
  const width = roundHalfToEven(picture.width * ratio);
  const height = roundHalfToEven(picture.height * ratio);
  const left = Math.max(0, Math.round((size.width - width) / 2 - 0.1));
  const top = Math.max(0, Math.round((size.height - height) / 2 - 0.1));
  return { ratio, left, top, width, height };
}

/** Rounds as Python does. */
function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Values of the grey around the picture. */
const grey = 114 / 255;

/**
 * A picture in a letterbox, `[3, height, width]`, 0..1, with transparent parts black and grey
 * around it.
 */
export async function letterbox(
  picture: Raster,
  size: Size,
): Promise<Float32Array> {
  const place = letterboxPlace(picture, size);
  const sharp = await loadSharp();
  const { width, height, left, top } = place;
  const pixels = await sharp(picture.data, {
    raw: { width: picture.width, height: picture.height, channels: 4 },
  }).flatten({ background: "#000" })
    .resize(width, height, { fit: "fill", kernel: "linear" })
    .removeAlpha().raw().toBuffer();
  const cells = size.width * size.height;
  const planes = new Float32Array(3 * cells).fill(grey);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const to = (top + y) * size.width + left + x;
      const from = (y * width + x) * 3;
      for (let c = 0; c < 3; c++) {
        planes[c * cells + to] = pixels[from + c]! / 255;
      }
    }
  }
  return planes;
}
