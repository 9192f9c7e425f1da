import { random } from "../../lib/core/random.ts";

/** An interval that a mean lies in with 95 % confidence. */
export type Interval = readonly [number, number];

/** Options of {@linkcode bootstrapInterval}. */
export interface BootstrapOptions {
  /** How often is drawn anew. @default {1000} */
  rounds?: number;
  /** Seed of the draws. @default {0} */
  seed?: number;
  /**
   * Values that the medians of the draws are moved to, one a statistic, where draws are biased.
   * Intervals then stay within 0..1. @default {the medians themselves}
   */
  about?: readonly number[];
}

/**
 * The 95 % percentile bootstrap interval (Efron 1979) of a statistic over `count` samples:
 * `statistic` is given indices drawn with replacement.
 */
export function bootstrapInterval(
  count: number,
  statistic: (indices: readonly number[]) => number,
  options: BootstrapOptions = {},
): Interval {
  return bootstrapIntervals(count, (some) => [statistic(some)], options)[0]!;
}

/** Intervals as {@linkcode bootstrapInterval}'s of several statistics of the same draws. */
export function bootstrapIntervals(
  count: number,
  statistics: (indices: readonly number[]) => readonly number[],
  options: BootstrapOptions = {},
): Interval[] {
  const { rounds = 1000, seed = 0, about } = options;
  const stream = random(seed, "bootstrap");
  const draws = Array.from(
    { length: rounds },
    () =>
      statistics(Array.from({ length: count }, () => stream.integer(count))),
  );
  return draws[0]!.map((_, k): Interval => {
    const values = draws.map((draw) => draw[k]!).sort((a, b) => a - b);
    const at = (share: number) =>
      values[Math.min(rounds - 1, Math.floor(share * rounds))]!;
    if (about === undefined) return [at(0.025), at(0.975)];
    const shift = about[k]! - at(0.5);
    return [Math.max(0, at(0.025) + shift), Math.min(1, at(0.975) + shift)];
  });
}

/** Mean of some numbers. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
