/**
 * The prediction under classifier-free guidance (Ho and Salimans 2022, Eq. (6)):
 * `unconditional + guidance · (conditional − unconditional)`.
 *
 * @param both Unconditional, then conditional.
 */
export function blended(both: Float32Array, guidance: number): Float32Array {
  const half = both.length / 2;
  const out = new Float32Array(half);
  for (let i = 0; i < half; i++) {
    out[i] = both[i]! + guidance * (both[half + i]! - both[i]!);
  }
  return out;
}
