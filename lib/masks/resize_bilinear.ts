import type { Size } from "../core/geometry.ts";

/**
 * A plane of another size by bilinear interpolation without smoothing, as `F.interpolate` does with
 * its defaults: each centre takes the two samples beside it along each side.
 *
 * @returns `[height · width]`.
 */
export function resizeBilinear(
  from: Size & { readonly data: Float32Array },
  to: Size,
): Float32Array {
  const rows = taps(from.height, to.height);
  const columns = taps(from.width, to.width);
  const out = new Float32Array(to.height * to.width);
  rows.forEach(([top, bottom, v], y) => {
    columns.forEach(([left, right, u], x) => {
      const row = (at: number) =>
        (1 - u) * from.data[at * from.width + left]! +
        u * from.data[at * from.width + right]!;
      out[y * to.width + x] = (1 - v) * row(top) + v * row(bottom);
    });
  });
  return out;
}

/** For each sample of a side, its two neighbours and the share of the second. */
function taps(from: number, to: number): [number, number, number][] {
  return Array.from({ length: to }, (_, i) => {
    const at = Math.max(0, (i + 0.5) * from / to - 0.5);
    const first = Math.min(from - 1, Math.floor(at));
    return [first, Math.min(from - 1, first + 1), at - first];
  });
}
