import type { Size } from "../core/geometry.ts";
import type { Raster } from "./raster.ts";

/**
 * A raster at another size by Lanczos' kernel of three lobes, which is wider where the raster gets
 * smaller. Colours count by their alpha, pixels beyond the edge do not count.
 *
 * sharp takes this kernel for smaller pictures alone and enlarges by a bicubic one.
 */
export function lanczosRaster(raster: Raster, size: Size): Raster {
  const { width, height } = raster;
  const rows = resampled(weighed(raster.data), {
    ...{ lines: height, step: 4, from: 4 * width, to: 4 * size.width },
    taps: tapsOf(width, size.width),
  });
  const pixels = resampled(rows, {
    ...{ lines: size.width, step: 4 * size.width, from: 4, to: 4 },
    taps: tapsOf(height, size.height),
  });
  return { ...size, data: unweighed(pixels) };
}

/** Source pixels that make one pixel, and how much of each. */
interface Taps {
  readonly first: number;
  readonly weights: Float64Array;
}

/** Which of `from` pixels make each of `to` pixels. */
function tapsOf(from: number, to: number): Taps[] {
  const scale = Math.max(1, from / to);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * from / to - 0.5;
    const first = Math.max(0, Math.ceil(centre - 3 * scale));
    const last = Math.min(from - 1, Math.floor(centre + 3 * scale));
    const weights = Float64Array.from(
      { length: last - first + 1 },
      (_, j) => lanczos((first + j - centre) / scale),
    );
    const sum = weights.reduce((all, one) => all + one, 0);
    return { first, weights: weights.map((one) => one / sum) };
  });
}

/** Lanczos' kernel of three lobes: sinc(x) · sinc(x / 3). */
function lanczos(x: number): number {
  const at = Math.PI * x;
  if (at === 0) return 1;
  return Math.abs(x) < 3 ? 3 * Math.sin(at) * Math.sin(at / 3) / (at * at) : 0;
}

/** Lines of pixels at another length. */
function resampled(
  source: Float32Array,
  { lines, step, from, to, taps }: {
    lines: number;
    /** Values from a pixel of a line to the next. */
    step: number;
    /** Values from a line of the source to the next. */
    from: number;
    /** Values from a line of the result to the next. */
    to: number;
    taps: readonly Taps[];
  },
): Float32Array {
  const out = new Float32Array(4 * lines * taps.length);
  for (let line = 0; line < lines; line++) {
    for (const [i, { first, weights }] of taps.entries()) {
      const at = line * to + i * step;
      let read = line * from + first * step;
      for (const weight of weights) {
        for (let c = 0; c < 4; c++) out[at + c]! += weight * source[read + c]!;
        read += step;
      }
    }
  }
  return out;
}

/** Colours times alpha, 0..255. */
function weighed(data: Uint8Array): Float32Array {
  return Float32Array.from(
    data,
    (value, i) => i % 4 === 3 ? value : value * data[i | 3]! / 255,
  );
}

/** Colours over alpha, in whole numbers from 0 to 255. */
function unweighed(values: Float32Array): Uint8Array {
  const bytes = new Uint8ClampedArray(values.length);
  for (let i = 0; i < values.length; i += 4) {
    const alpha = values[i + 3]!;
    bytes[i + 3] = alpha;
    if (bytes[i + 3] === 0) continue;
    for (let c = 0; c < 3; c++) bytes[i + c] = values[i + c]! * 255 / alpha;
  }
  return new Uint8Array(bytes.buffer);
}
