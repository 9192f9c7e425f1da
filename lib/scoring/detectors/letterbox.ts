import type { Raster } from "../../images/raster.ts";
import type { Size } from "../../core/geometry.ts";
import { roundHalfEven } from "../../core/round_half_even.ts";
import { resizeBilinear } from "../encoders/bilinear.ts";

/** How a picture lies within a letterbox. */
export interface LetterboxPlace {
  /** Factor that the picture's sides were multiplied by. */
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
 * Place of a picture of `picture` pixels in a box of `size`, as in Ultralytics' `LetterBox`: as
 * large as fits, its sides rounded, in the middle. An odd pixel of grey goes below or to the right.
 */
export function letterboxPlace(picture: Size, size: Size): LetterboxPlace {
  const ratio = Math.min(
    size.height / picture.height,
    size.width / picture.width,
  );
  const width = roundHalfEven(picture.width * ratio);
  const height = roundHalfEven(picture.height * ratio);
  const left = Math.max(0, Math.round((size.width - width) / 2 - 0.1));
  const top = Math.max(0, Math.round((size.height - height) / 2 - 0.1));
  return { ratio, left, top, width, height };
}

/** Values of the grey around the picture. */
const grey = 114 / 255;

/**
 * A picture in a letterbox, `[3, height, width]`, 0..1, with transparent parts black and grey
 * around it.
 */
export function letterbox(picture: Raster, size: Size): Float32Array {
  const { width, height, left, top } = letterboxPlace(picture, size);
  const pixels = resizeBilinear(picture, { width, height });
  const cells = size.width * size.height;
  const planes = new Float32Array(3 * cells).fill(grey);
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < height; y++) {
      const from = (c * height + y) * width;
      const row = pixels.subarray(from, from + width);
      const to = c * cells + (top + y) * size.width + left;
      planes.set(row.map((level) => level / 255), to);
    }
  }
  return planes;
}
