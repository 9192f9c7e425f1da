import type { Raster } from "../../images/raster.ts";
import type { Size } from "../../core/geometry.ts";

/** Where a pixel's value comes from along one axis: two neighbours and the second one's share. */
interface Taps {
  readonly near: Uint32Array;
  readonly far: Uint32Array;
  readonly share: Float64Array;
}

/**
 * A picture over black at another size, `[3, height, width]`, whole numbers 0..255.
 *
 * Bilinear between pixel centres without antialiasing, as OpenCV's `INTER_LINEAR`. (sharp averages
 * when it makes pictures smaller.)
 */
export function resizeBilinear(picture: Raster, size: Size): Float32Array {
  const across = taps(picture.width, size.width);
  const down = taps(picture.height, size.height);
  const cells = size.width * size.height;
  const planes = new Float32Array(3 * cells);
  const { data, width } = picture;
  const level = (pixel: number, c: number) =>
    data[4 * pixel + c]! * data[4 * pixel + 3]! / 255;
  for (let y = 0; y < size.height; y++) {
    const upper = down.near[y]! * width, lower = down.far[y]! * width;
    const v = down.share[y]!;
    for (let x = 0; x < size.width; x++) {
      const left = across.near[x]!, right = across.far[x]!;
      const u = across.share[x]!;
      for (let c = 0; c < 3; c++) {
        const above = level(upper + left, c) * (1 - u) +
          level(upper + right, c) * u;
        const below = level(lower + left, c) * (1 - u) +
          level(lower + right, c) * u;
        planes[c * cells + y * size.width + x] = Math.round(
          above * (1 - v) + below * v,
        );
      }
    }
  }
  return planes;
}

function taps(from: number, to: number): Taps {
  const near = new Uint32Array(to), far = new Uint32Array(to);
  const share = new Float64Array(to);
  for (let i = 0; i < to; i++) {
    const at = Math.min(from - 1, Math.max(0, (i + 0.5) * from / to - 0.5));
    near[i] = Math.floor(at);
    far[i] = Math.min(from - 1, near[i]! + 1);
    share[i] = at - near[i]!;
  }
  return { near, far, share };
}
