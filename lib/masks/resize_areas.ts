import type { Size } from "../core/geometry.ts";

/**
 * A plane of another size by bilinear interpolation that sees all samples, as `F.interpolate` does
 * with `antialias`: where a side shrinks, the triangle of weights is as much wider.
 *
 * @returns `[height · width]`.
 */
export function resizeAreas(
  from: Size & { readonly data: Float32Array },
  to: Size,
): Float32Array {
  const rows = taps(from.height, to.height);
  const columns = taps(from.width, to.width);
  const narrow = new Float32Array(from.height * to.width);
  for (let y = 0; y < from.height; y++) {
    columns.forEach(({ start, weights }, x) => {
      let sum = 0;
      weights.forEach((weight, i) => {
        sum += weight * from.data[y * from.width + start + i]!;
      });
      narrow[y * to.width + x] = sum;
    });
  }
  const out = new Float32Array(to.height * to.width);
  rows.forEach(({ start, weights }, y) => {
    for (let x = 0; x < to.width; x++) {
      let sum = 0;
      weights.forEach((weight, i) => {
        sum += weight * narrow[(start + i) * to.width + x]!;
      });
      out[y * to.width + x] = sum;
    }
  });
  return out;
}

/** For each sample of a side, the first sample that it takes and the shares of those from there on. */
function taps(
  from: number,
  to: number,
): { start: number; weights: readonly number[] }[] {
  const scale = from / to;
  const reach = Math.max(1, scale);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - reach + 0.5));
    const end = Math.min(from, Math.trunc(centre + reach + 0.5));
    const weights = Array.from(
      { length: end - start },
      (_, j) => Math.max(0, 1 - Math.abs(start + j - centre + 0.5) / reach),
    );
    const sum = weights.reduce((a, b) => a + b, 0);
    return { start, weights: weights.map((weight) => weight / sum) };
  });
}
