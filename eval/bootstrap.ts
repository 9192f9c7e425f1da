import { random } from "../train/random.ts";

/** An interval that a mean lies in with 95 % confidence. */
export type Interval = readonly [number, number];

/** Options of {@linkcode bootstrapInterval}. */
export interface BootstrapOptions {
  /** How often is drawn anew. @default {1000} */
  rounds?: number;
  /** @default {0} */
  seed?: number;
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
  const { rounds = 1000, seed = 0 } = options;
  const stream = random(seed, "bootstrap");
  const values = Array.from(
    { length: rounds },
    () => statistic(Array.from({ length: count }, () => stream.integer(count))),
  ).sort((a, b) => a - b);
  const at = (share: number) =>
    values[Math.min(rounds - 1, Math.floor(share * rounds))]!;
  return [at(0.025), at(0.975)];
}

/** Mean of some numbers. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
