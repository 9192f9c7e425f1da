/** FM of the paper's section III-C; BM = 1 − FM. */

/** ΣMᵢ, the sum of coverages cell by cell; zeros of `cells` cells where there are none. */
export function sumCoverages(
  coverages: readonly Float32Array[],
  cells: number,
): Float32Array {
  const sum = new Float32Array(cells);
  for (const coverage of coverages) {
    for (let cell = 0; cell < cells; cell++) sum[cell]! += coverage[cell]!;
  }
  return sum;
}

/** The foreground mask FM = min(1, ΣMᵢ), `[cells]`. */
export function foregroundMask(
  coverages: readonly Float32Array[],
  cells: number = coverages[0]?.length ?? 0,
): Float32Array {
  return sumCoverages(coverages, cells).map((sum) => Math.min(1, sum));
}
