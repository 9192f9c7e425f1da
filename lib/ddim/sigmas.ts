import type { NoiseSchedule } from "./noise_schedule.ts";

/** ᾱ in place of 0 where σ would be infinite: the least number of half precision, as in diffusers. */
const leastAlpha = 2 ** -24;

/** σ of the variance-exploding view, `√((1−ᾱ)/ᾱ)`, at every training timestep (Karras et al. 2022). */
export function trainingSigmas(schedule: NoiseSchedule): Float64Array {
  return schedule.alphasCumprod.map((exact) => {
    const alpha = exact === 0 ? leastAlpha : exact;
    return Math.sqrt((1 - alpha) / alpha);
  });
}

/** σ at a timestep that may lie between two whole ones, by linear interpolation. */
export function sigmaAt(sigmas: Float64Array, t: number): number {
  const low = Math.min(Math.floor(t), sigmas.length - 1);
  const high = Math.min(low + 1, sigmas.length - 1);
  return sigmas[low]! + (sigmas[high]! - sigmas[low]!) * (t - low);
}

/** The timestep of `sigma`, by interpolation between the logarithms of the training sigmas. */
export function timestepOf(sigmas: Float64Array, sigma: number): number {
  const log = Math.log(Math.max(sigma, 1e-10));
  let low = 0;
  while (low < sigmas.length - 2 && Math.log(sigmas[low + 1]!) <= log) low++;
  const from = Math.log(sigmas[low]!), to = Math.log(sigmas[low + 1]!);
  return low + Math.min(1, Math.max(0, (log - from) / (to - from)));
}

/**
 * `steps` sigmas from `max` down to `min`, evenly spaced in their ρ-th root (Karras et al. 2022, Eq.
 * (5)); the config's `sigma_min` and `sigma_max` stand in for them where they are given.
 */
export function karrasSigmas(
  { config }: NoiseSchedule,
  range: { min: number; max: number },
  steps: number,
): number[] {
  const min = config.sigma_min ?? range.min,
    max = config.sigma_max ?? range.max;
  const rho = 7;
  const from = max ** (1 / rho), to = min ** (1 / rho);
  return Array.from(
    { length: steps },
    (_, i) => (from + (to - from) * (steps > 1 ? i / (steps - 1) : 0)) ** rho,
  );
}
