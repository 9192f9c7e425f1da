import { type NoiseSchedule, splitPrediction } from "./noise_schedule.ts";
import type { Sampler } from "./sampler.ts";
import { sigmaAt, trainingSigmas } from "./sigmas.ts";
import { inferenceTimesteps } from "./timesteps.ts";

/** Options of {@linkcode euler}. */
export interface EulerOptions {
  /** Number of steps. @default {30} */
  steps?: number;
}

/** Euler's method on the probability-flow ODE (Karras et al. 2022, Algorithm 2 without churn). */
export function euler(
  schedule: NoiseSchedule,
  options: EulerOptions = {},
): Sampler {
  const { steps = 30 } = options;
  const timesteps = inferenceTimesteps(schedule, steps);
  const training = trainingSigmas(schedule);
  const sigmas = [...timesteps.map((t) => sigmaAt(training, t)), 0];
  const largest = sigmas[0]!;
  const modelInput = (x: Float32Array, i: number) => {
    const scale = Math.sqrt(sigmas[i]! ** 2 + 1);
    return x.map((value) => value / scale);
  };
  const cleanSample = (x: Float32Array, prediction: Float32Array, i: number) =>
    splitPrediction(
      schedule,
      modelInput(x, i),
      prediction,
      1 / (sigmas[i]! ** 2 + 1),
    ).x0;
  return {
    timesteps,
    initialScale: schedule.timestepSpacing === "leading"
      ? Math.sqrt(largest ** 2 + 1)
      : largest,
    modelInput,
    cleanSample,
    step(x, prediction, i) {
      const x0 = cleanSample(x, prediction, i);
      const ratio = (sigmas[i + 1]! - sigmas[i]!) / sigmas[i]!;
      return x.map((value, j) => value + (value - x0[j]!) * ratio);
    },
  };
}
