import type { NoiseSchedule } from "./noise_schedule.ts";
import { clipped } from "./discrete.ts";
import { splitPrediction } from "./prediction.ts";
import type { ModelCall, SamplerPlan } from "./sampler.ts";
import type { SamplerOptions } from "./sampler_options.ts";
import { sigmaAt, spacedSigmas, timestepOf, trainingSigmas } from "./sigmas.ts";
import {
  checkSteps,
  checkTimesteps,
  fallingTimesteps,
  inferenceTimesteps,
} from "./timesteps.ts";

/** Noise levels of a run in the variance-exploding view, and the timesteps that they belong to. */
export interface Levels {
  /** σ of every step, and the one that the last step ends at. */
  readonly sigmas: readonly number[];
  /** Timestep of every step. */
  readonly timesteps: readonly number[];
  /** The timestep of a noise level between the steps. */
  timestepOf(sigma: number): number;
}

/** Noise levels as Euler's, Heun's and Katherine Crowson's samplers lay them out. */
export function explodingLevels(
  schedule: NoiseSchedule,
  options: SamplerOptions & { readonly steps: number },
): Levels {
  const training = trainingSigmas(schedule);
  const last = options.final === "sigma_min" ? training[0]! : 0;
  const whole = options.timesteps
    ? checkTimesteps(options.timesteps, training.length)
    : plainTimesteps(schedule, options.steps);
  const visited = whole.map((t) => sigmaAt(training, t));
  const at = (sigma: number) => timestepOf(training, sigma);
  if (options.sigmas === undefined) {
    return { sigmas: [...visited, last], timesteps: whole, timestepOf: at };
  }
  const sigmas = spacedSigmas(schedule, options.sigmas, {
    min: visited.at(-1)!,
    max: visited[0]!,
    steps: whole.length,
  });
  return {
    sigmas: [...sigmas, last],
    timesteps: sigmas.map(at),
    timestepOf: at,
  };
}

/** These samplers do not round evenly spaced timesteps: they lie between whole ones. */
function plainTimesteps(schedule: NoiseSchedule, steps: number): number[] {
  const { timestepSpacing: spacing = "linspace", alphasCumprod } = schedule;
  if (spacing !== "linspace") {
    return inferenceTimesteps(schedule, steps, spacing, true);
  }
  checkSteps(steps, alphasCumprod.length);
  return fallingTimesteps(alphasCumprod.length, steps).map(Math.fround);
}

/** The part that all plans over exploding noise levels share: the start, and image to image. */
export function explodingStart(
  schedule: NoiseSchedule,
  { sigmas }: Levels,
): Pick<SamplerPlan, "steps" | "initialScale" | "noised"> {
  const largest = sigmas[0]!;
  return {
    steps: sigmas.length - 1,
    initialScale: schedule.timestepSpacing === "leading"
      ? Math.sqrt(largest ** 2 + 1)
      : largest,
    noised: (clean, noise, step) =>
      clean.map((value, j) => value + sigmas[step]! * noise[j]!),
  };
}

/** Where an evaluation lies in a run. */
export interface At {
  readonly step: number;
  readonly call: number;
  readonly timestep: number;
  readonly sigma: number;
  /** Bound on the clean sample, where the config requests one. */
  readonly clip?: number;
}

/**
 * The clean sample that the model predicts for `sample` at noise level σ: `D(x; σ)` of Karras et al.
 * 2022.
 */
export function* denoised(
  schedule: NoiseSchedule,
  sample: Float32Array,
  { step, call, timestep, sigma, clip }: At,
): Generator<ModelCall, Float32Array, Float32Array> {
  const scale = Math.sqrt(sigma ** 2 + 1);
  const scaled = () => sample.map((value) => value / scale);
  const clean = (prediction: Float32Array) =>
    clipped(
      splitPrediction(schedule, scaled(), prediction, 1 / (sigma ** 2 + 1)).x0,
      clip,
    );
  const prediction = yield {
    ...{ step, call, timestep, sample, clean },
    get input() {
      return scaled();
    },
  };
  return clean(prediction);
}

/** Noise that an ancestral step adds, and the level that it falls to before (Karras et al. 2022, Alg. 2). */
export function ancestral(
  from: number,
  to: number,
): { up: number; down: number } {
  const up = Math.min(
    to,
    Math.sqrt(to ** 2 * (from ** 2 - to ** 2) / from ** 2),
  );
  return { up, down: Math.sqrt(Math.max(0, to ** 2 - up ** 2)) };
}

/** Euler's step along `(x − x0)/σ` from σ to `to`. */
export function eulerStep(
  x: Float32Array,
  x0: Float32Array,
  sigma: number,
  to: number,
): Float32Array {
  const ratio = (to - sigma) / sigma;
  return x.map((value, j) => value + (value - x0[j]!) * ratio);
}

/** Unit noise for evaluation `call`, or an error where a stochastic sampler was given none. */
export function noiseFor(
  noise: ((call: number) => Float32Array) | undefined,
  call: number,
): Float32Array {
  if (noise !== undefined) return noise(call);
  throw new TypeError("A stochastic sampler needs noise, but none was given");
}

/** The sample plus `scale` times fresh noise. */
export function withNoise(
  x: Float32Array,
  scale: number,
  noise: () => Float32Array,
): Float32Array {
  if (scale === 0) return x;
  const fresh = noise();
  return x.map((value, j) => value + scale * fresh[j]!);
}
