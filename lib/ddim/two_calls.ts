/** Timesteps of a sampler with two evaluations in every step but the last. */
export function twice(
  first: readonly number[],
  second: (step: number) => number,
): number[] {
  return first.flatMap((t, i) => i < first.length - 1 ? [t, second(i)] : [t]);
}
