import type { NoiseSchedule } from "../../lib/ddim/noise_schedule.ts";

/**
 * Weights of the samples' losses by timestep: `min(1 / ᾱ, most)`, scaled so that their mean over all
 * timesteps is 1.
 *
 * A square error of the noise, divided by ᾱ, is one of v (Salimans & Ho 2022, appendix D). Unweighted,
 * what is missing of the picture hardly counts where there is much noise; but there shapes are
 * decided, and with a reference at hand they need not be guessed.
 *
 * @param most 1 leaves all timesteps alike.
 */
export function noiseWeights(
  { alphasCumprod }: NoiseSchedule,
  most: number,
): Float64Array {
  const weights = alphasCumprod.map((alpha) => Math.min(1 / alpha, most));
  const mean = weights.reduce((a, b) => a + b, 0) / weights.length;
  return weights.map((weight) => weight / mean);
}
