import type { NoiseSchedule } from "../../ddim/noise_schedule.ts";
import { splitPrediction } from "../../ddim/prediction.ts";
import { sigmaAt, trainingSigmas } from "../../ddim/sigmas.ts";

/** Latents of a picture at one timestep. */
export interface InvertedLatents {
  readonly timestep: number;
  /** Scaled as the denoiser reads them. */
  readonly latents: Float32Array;
}

/**
 * Latents by which DDIM would come back to a picture (Song et al. 2020, 4.3): each step is taken
 * backwards, with the prediction at the timestep that it goes to.
 *
 * @param clean Latents of the picture.
 * @param timesteps Those of the run.
 * @param predict The denoiser's prediction of latents at a timestep.
 * @returns those of each timestep, the noisiest first.
 */
export async function invert(
  clean: Float32Array,
  { schedule, timesteps, predict }: {
    readonly schedule: NoiseSchedule;
    readonly timesteps: readonly number[];
    readonly predict: (
      latents: Float32Array,
      timestep: number,
    ) => Promise<Float32Array>;
  },
): Promise<InvertedLatents[]> {
  const sigmas = trainingSigmas(schedule);
  const rising = [...new Set(timesteps)].sort((a, b) => a - b);
  const found: InvertedLatents[] = [];
  let latents = clean;
  let alpha = schedule.finalAlpha;
  for (const timestep of rising) {
    const prediction = await predict(latents, timestep);
    const { x0, epsilon } = splitPrediction(
      schedule,
      latents,
      prediction,
      alpha,
    );
    alpha = 1 / (sigmaAt(sigmas, timestep) ** 2 + 1);
    const signal = Math.sqrt(alpha), noise = Math.sqrt(1 - alpha);
    latents = x0.map((value, i) => signal * value + noise * epsilon[i]!);
    found.unshift({ timestep, latents });
  }
  return found;
}
