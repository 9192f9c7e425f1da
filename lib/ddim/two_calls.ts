import type { Levels } from "./exploding.ts";

/** Timesteps of a sampler with two evaluations in every step but the last. */
export function twice(
  first: readonly number[],
  second: (step: number) => number,
): number[] {
  return first.flatMap((t, i) => i < first.length - 1 ? [t, second(i)] : [t]);
}

/**
 * The noise level in the geometric middle of every step, and its timestep.
 *
 * @param endOf Noise level that a step falls to.
 */
export function middles(
  { sigmas, timestepOf }: Levels,
  endOf: (step: number) => number = (step) => sigmas[step + 1]!,
): { middle(step: number): number; between(step: number): number } {
  const middle = (step: number) => Math.sqrt(sigmas[step]! * endOf(step));
  return { middle, between: (step) => timestepOf(middle(step)) };
}
