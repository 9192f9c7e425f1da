import {
  addNoise,
  type NoiseSchedule,
  type SchedulerConfig,
} from "./noise_schedule.ts";
import { splitPrediction } from "./prediction.ts";
import type { ModelCall, SamplerPlan } from "./sampler.ts";

/** Clean sample and noise that one evaluation predicts. */
export interface Predicted {
  readonly x0: Float32Array;
  readonly epsilon: Float32Array;
  /** The model's output as it is. */
  readonly prediction: Float32Array;
}

/** Where an evaluation lies in a run. */
export interface DiscreteCall {
  readonly step: number;
  readonly call: number;
  readonly timestep: number;
  /** Bound on the clean sample, where the model was trained with one. */
  readonly clip?: number;
}

/** The prediction of the model for `sample` at a whole training timestep. */
export function* predicted(
  schedule: NoiseSchedule,
  sample: Float32Array,
  { step, call, timestep, clip }: DiscreteCall,
): Generator<ModelCall, Predicted, Float32Array> {
  const alpha = schedule.alphasCumprod[timestep]!;
  const split = (prediction: Float32Array) => {
    const { x0, epsilon } = splitPrediction(
      schedule,
      sample,
      prediction,
      alpha,
    );
    return { x0: clipped(x0, clip), epsilon };
  };
  const clean = (prediction: Float32Array) => split(prediction).x0;
  const prediction = yield {
    step,
    call,
    timestep,
    input: sample,
    sample,
    clean,
  };
  return { ...split(prediction), prediction };
}

/** The part that all plans over whole training timesteps share: the start, and image to image. */
export function discreteStart(
  schedule: NoiseSchedule,
  timesteps: readonly number[],
): Pick<SamplerPlan, "steps" | "initialScale" | "noised"> {
  return {
    steps: timesteps.length,
    initialScale: 1,
    noised: (clean, noise, step) =>
      addNoise(schedule, clean, noise, timesteps[step]!),
  };
}

/** The clean sample within its bound, where it has one. */
export function clipped(
  x: Float32Array,
  range: number | undefined,
): Float32Array {
  if (range === undefined) return x;
  return x.map((value) => Math.min(range, Math.max(-range, value)));
}

/** Bound on clean samples of samplers that clip only where the config says so, unlike DDIM. */
export function clipOnRequest(config: SchedulerConfig): number | undefined {
  return config.clip_sample ? config.clip_sample_range ?? 1 : undefined;
}
