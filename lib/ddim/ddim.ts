import { type NoiseSchedule, splitPrediction } from "./noise_schedule.ts";
import type { Sampler } from "./sampler.ts";
import { inferenceTimesteps } from "./timesteps.ts";

/** Options of {@linkcode ddim}. */
export interface DdimOptions {
  /** Number of steps. @default {50} */
  steps?: number;
  /** η of the paper: 0 is deterministic, 1 is DDPM. @default {0} */
  eta?: number;
}

/** Denoising diffusion implicit models (Song et al. 2020, Eq. (12)), the paper's sampler. */
export function ddim(
  schedule: NoiseSchedule,
  options: DdimOptions = {},
): Sampler {
  const { steps = 50, eta = 0 } = options;
  const { alphasCumprod, finalAlpha } = schedule;
  const timesteps = inferenceTimesteps(schedule, steps);
  const stride = Math.floor(alphasCumprod.length / steps);
  const alphaAt = (t: number) => t < 0 ? finalAlpha : alphasCumprod[t]!;
  const clean = (x: Float32Array, prediction: Float32Array, i: number) => {
    const alpha = alphaAt(timesteps[i]!);
    const { x0, epsilon } = splitPrediction(schedule, x, prediction, alpha);
    return { x0: clipped(x0, schedule.clipRange), epsilon };
  };
  return {
    timesteps,
    initialScale: 1,
    modelInput: (x) => x,
    cleanSample: (x, prediction, i) => clean(x, prediction, i).x0,
    step(x, prediction, i, noise) {
      const t = timesteps[i]!;
      const alpha = alphaAt(t), next = alphaAt(t - stride);
      const { x0, epsilon } = clean(x, prediction, i);
      const variance = (1 - next) / (1 - alpha) * (1 - alpha / next);
      const sigma = eta * Math.sqrt(variance);
      const signal = Math.sqrt(next);
      const direction = Math.sqrt(1 - next - sigma ** 2);
      return x0.map((value, j) =>
        signal * value + direction * epsilon[j]! +
        (sigma > 0 ? sigma * noise![j]! : 0)
      );
    },
  };
}

function clipped(x: Float32Array, range: number | undefined): Float32Array {
  if (range === undefined) return x;
  return x.map((value) => Math.min(range, Math.max(-range, value)));
}
