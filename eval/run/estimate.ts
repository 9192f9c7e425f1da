import type { Interval } from "../bootstrap.ts";

/** A statistic with the interval that holds it with 95 % confidence. */
export interface Estimate {
  readonly value: number;
  readonly ci95: Interval;
}
