/** Where one weight lies in vectors over all weights. */
export interface Place {
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

/** The parts of a vector over all weights, by name. */
export function viewsOf(
  vector: Float32Array,
  places: ReadonlyMap<string, Place>,
): Map<string, Float32Array> {
  return new Map(
    [...places].map(([name, { start, end }]) => [
      name,
      vector.subarray(start, end),
    ]),
  );
}

/** Adds one vector over all weights to another, in place. */
export function addTo(sum: Float32Array, more: Float32Array): void {
  for (let i = 0; i < more.length; i++) sum[i]! += more[i]!;
}
