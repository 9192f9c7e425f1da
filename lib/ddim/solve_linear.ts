/** Solves a small system `matrix · x = right` by elimination with row exchanges. */
export function solveLinear(
  matrix: readonly (readonly number[])[],
  right: readonly number[],
): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  const size = rows.length;
  for (let k = 0; k < size; k++) {
    const pivot = rows.slice(k).reduce(
      (best, row, i) =>
        Math.abs(row[k]!) > Math.abs(rows[best]![k]!) ? k + i : best,
      k,
    );
    [rows[k], rows[pivot]] = [rows[pivot]!, rows[k]!];
    for (let i = k + 1; i < size; i++) {
      const factor = rows[i]![k]! / rows[k]![k]!;
      for (let j = k; j <= size; j++) rows[i]![j]! -= factor * rows[k]![j]!;
    }
  }
  const x: number[] = Array(size).fill(0);
  for (let k = size - 1; k >= 0; k--) {
    const known = x.reduce((sum, value, j) => sum + value * rows[k]![j]!, 0);
    x[k] = (rows[k]![size]! - known) / rows[k]![k]!;
  }
  return x;
}
