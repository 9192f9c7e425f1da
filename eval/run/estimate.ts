import { bootstrapInterval, type Interval, mean } from "./bootstrap.ts";
import type { Measurement } from "./record.ts";

/** A statistic with the interval that holds it with 95 % confidence. */
export interface Estimate {
  readonly value: number;
  readonly ci95: Interval;
}

/**
 * Mean over all values of all pictures, and its interval over scenes. There is one list of pictures
 * a noise seed, each over the same scenes.
 */
export function estimate<M extends Measurement>(
  seeds: readonly (readonly M[])[],
  valuesOf: (measured: M) => readonly number[],
): Estimate {
  const values = seeds.map((pictures) => pictures.map(valuesOf));
  return {
    value: mean(values.flat(2)),
    ci95: bootstrapInterval(
      values[0]!.length,
      (scenes) => mean(values.flatMap((own) => scenes.flatMap((i) => own[i]!))),
    ),
  };
}
