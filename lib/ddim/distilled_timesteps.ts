import { quote } from "../core/quote.ts";

/**
 * Timesteps of a distilled model: `steps` of the `original` ones that it was trained on, evenly from
 * the top (Luo et al. 2023, 4.3).
 *
 * @throws {RangeError} if there are more steps than original ones.
 */
export function distilledTimesteps(
  train: number,
  steps: number,
  original: number,
): number[] {
  if (!Number.isInteger(steps) || steps < 1 || steps > original) {
    throw new RangeError(
      `Number of steps is ${
        quote(steps)
      }: a model distilled in ${original} steps takes from 1 to ${original}`,
    );
  }
  const stride = Math.floor(train / original);
  return Array.from(
    { length: steps },
    (_, i) => (original - Math.floor(i * original / steps)) * stride - 1,
  );
}
