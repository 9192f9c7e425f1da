import {
  type NoiseSchedule,
  splitPrediction,
  type TimestepSpacing,
} from "./noise_schedule.ts";
import { checkOwnSettings } from "./own_settings.ts";
import type { Sampler } from "./sampler.ts";
import { karrasSigmas, sigmaAt, timestepOf, trainingSigmas } from "./sigmas.ts";
import {
  checkSteps,
  fallingTimesteps,
  inferenceTimesteps,
} from "./timesteps.ts";

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
  checkOwnSettings("euler", schedule, {
    use_exponential_sigmas: [false],
    use_beta_sigmas: [false],
    final_sigmas_type: ["zero"],
    interpolation_type: ["linear"],
  });
  const spacing = schedule.timestepSpacing ?? "linspace";
  const { timesteps, sigmas } = eulerTimesteps(schedule, steps, spacing);
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
    initialScale: spacing === "leading" ? Math.sqrt(largest ** 2 + 1) : largest,
    modelInput,
    cleanSample,
    step(x, prediction, i) {
      const x0 = cleanSample(x, prediction, i);
      const ratio = (sigmas[i + 1]! - sigmas[i]!) / sigmas[i]!;
      return x.map((value, j) => value + (value - x0[j]!) * ratio);
    },
  };
}

interface EulerTimesteps {
  timesteps: number[];
  /** One more than timesteps; the last is 0. */
  sigmas: number[];
}

function eulerTimesteps(
  schedule: NoiseSchedule,
  steps: number,
  spacing: TimestepSpacing,
): EulerTimesteps {
  const training = trainingSigmas(schedule);
  checkSteps(steps, training.length);
  // Euler's linspace is not rounded: it lies between timesteps.
  const plain = spacing === "linspace"
    ? fallingTimesteps(training.length, steps).map(Math.fround)
    : inferenceTimesteps(schedule, steps, spacing);
  const sigmas = plain.map((t) => sigmaAt(training, t));
  if (!schedule.config.use_karras_sigmas) {
    return { timesteps: plain, sigmas: [...sigmas, 0] };
  }
  const range = { min: sigmas.at(-1)!, max: sigmas[0]! };
  const karras = karrasSigmas(schedule, range, steps);
  const timesteps = karras.map((sigma) => timestepOf(training, sigma));
  return { timesteps, sigmas: [...karras, 0] };
}
