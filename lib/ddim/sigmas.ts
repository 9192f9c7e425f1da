import { betaQuantile } from "./beta_quantile.ts";
import type { NoiseSchedule } from "./noise_schedule.ts";
import type { SigmaSpacing } from "./sampler_options.ts";

/** ᾱ in place of 0 where σ would be infinite: the least number of half precision, as in diffusers. */
const leastAlpha = 2 ** -24;

/** σ of the variance-exploding view, `√((1−ᾱ)/ᾱ)`, at every training timestep (Karras et al. 2022). */
export function trainingSigmas(schedule: NoiseSchedule): Float64Array {
  return schedule.alphasCumprod.map((alpha) => {
    const kept = alpha === 0 ? leastAlpha : alpha;
    return Math.sqrt((1 - kept) / kept);
  });
}

/** σ at a timestep that may lie between two whole ones, by linear interpolation. */
export function sigmaAt(sigmas: Float64Array, t: number): number {
  const low = Math.min(Math.floor(t), sigmas.length - 1);
  const high = Math.min(low + 1, sigmas.length - 1);
  return sigmas[low]! + (sigmas[high]! - sigmas[low]!) * (t - low);
}

/**
 * The timestep of `sigma`, by interpolation between the logarithms of the training sigmas.
 *
 * The logarithms are rounded to float32 as the reference has them: it cuts some timesteps to whole
 * ones, where the last digit decides.
 */
export function timestepOf(sigmas: Float64Array, sigma: number): number {
  const log = Math.log(Math.max(sigma, 1e-10));
  const logOf = (t: number) => Math.fround(Math.log(Math.fround(sigmas[t]!)));
  let low = 0;
  while (low < sigmas.length - 2 && logOf(low + 1) <= log) low++;
  const from = logOf(low), to = logOf(low + 1);
  return low + Math.min(1, Math.max(0, (log - from) / (to - from)));
}

/**
 * `steps` noise levels from `max` down to `min` in a spacing; the config's `sigma_min` and
 * `sigma_max` stand in for them where they are given.
 */
export function spacedSigmas(
  { config }: NoiseSchedule,
  spacing: SigmaSpacing,
  { min, max, steps }: { min: number; max: number; steps: number },
): number[] {
  const at = spacings[spacing](
    config.sigma_min ?? min,
    config.sigma_max ?? max,
  );
  return Array.from(
    { length: steps },
    (_, i) => at(steps > 1 ? i / (steps - 1) : 0),
  );
}

const spacings: Record<
  SigmaSpacing,
  (min: number, max: number) => (share: number) => number
> = {
  karras: (min, max) => {
    // evenly spaced in the ρ-th root (Karras et al. 2022, Eq. (5))
    const rho = 7;
    const from = max ** (1 / rho), to = min ** (1 / rho);
    return (share) => (from + (to - from) * share) ** rho;
  },
  exponential: geometric,
  // evenly spaced in λ = −log σ (Lu et al. 2022): the same levels, with rounded timesteps
  lu: geometric,
  beta: (min, max) => (share) => min + betaQuantile(1 - share) * (max - min),
};

function geometric(min: number, max: number): (share: number) => number {
  return (share) => max * (min / max) ** share;
}
