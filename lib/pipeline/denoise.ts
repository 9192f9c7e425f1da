import type { Sampler } from "../ddim/sampler.ts";
import type { Runner, Values } from "../ops/executor.ts";
import { type Tensor, tensor } from "../ops/tensor.ts";
import { timeSinusoids } from "../unet/time_embedding.ts";
import type { UnetConfig } from "../unet/unet_config.ts";
import { stepRunner } from "./step_runner.ts";
import { floats } from "./tensors.ts";

/** One step of {@linkcode denoise}, after it was taken. */
export interface DenoiseStep {
  /** Steps taken so far, from 1. */
  readonly step: number;
  /** Steps in all. */
  readonly of: number;
  /** Training timestep that the model was asked about. */
  readonly timestep: number;
  /** Latents after the step, `[1, channels, height, width]`. */
  readonly latents: Tensor;
  /** The clean latents that the model had in mind. */
  readonly clean: () => Tensor;
  /** What the UNet was given and what it gave, by name. */
  readonly values: Values<Tensor>;
}

/** Everything a run of {@linkcode denoise} needs. */
export interface DenoiseOptions {
  readonly config: UnetConfig;
  readonly sampler: Sampler;
  /** Unit noise to begin with, `[1, channels, height, width]`. */
  readonly noise: Tensor;
  /** Weight of the conditional prediction; 1 or less runs without the unconditional branch. */
  readonly guidance: number;
  /** Part of the steps under guidance, as fractions `[from, to)` of all. @default {[0, 1]} */
  readonly guidanceInterval?: readonly [number, number];
  /** The outermost layers alone, for steps that reuse deep features. */
  readonly shallow?: Runner;
  /** The whole UNet runs in every n-th step. @default {1} */
  readonly deepEvery?: number;
  /** Keys, values and masks for step `i`; the batch is unconditional then conditional, or conditional alone. */
  readonly inputsAt: (i: number) => Values<Tensor>;
  /** Unit noise for step `i`, for stochastic samplers. */
  readonly stepNoise?: (i: number) => Float32Array;
  readonly signal?: AbortSignal;
}

/**
 * The loop from noise to clean latents, under classifier-free guidance (Ho & Salimans 2022, Eq. (6)).
 *
 * @throws the signal's reason when aborted.
 */
export async function* denoise(
  unet: Runner,
  options: DenoiseOptions,
): AsyncGenerator<DenoiseStep, Tensor> {
  const { sampler, noise, signal, config, inputsAt } = options;
  const steps = sampler.timesteps.length;
  const [from, to] = options.guidanceInterval ?? [0, 1];
  const runner = stepRunner(unet, {
    shallow: options.shallow,
    every: options.deepEvery,
  });
  let x: Float32Array = floats(noise).map((value) =>
    value * sampler.initialScale
  );
  for (let i = 0; i < steps; i++) {
    signal?.throwIfAborted();
    const timestep = sampler.timesteps[i]!;
    const given = inputsAt(i);
    const acts = i >= from * steps && i < to * steps;
    const guidance = acts ? options.guidance : 1;
    const batch = guidance > 1 ? 2 : 1;
    const outputs = await runner.run({
      ...given,
      sample: repeated(sampler.modelInput(x, i), noise.shape, batch),
      time: timeSinusoids(Array(batch).fill(timestep), config),
    }, batch);
    const prediction = guided(floats(outputs.prediction!), guidance);
    const before = x;
    x = sampler.step(x, prediction, i, options.stepNoise?.(i));
    const clean = () =>
      tensor(noise.shape, sampler.cleanSample(before, prediction, i));
    yield {
      step: i + 1,
      of: steps,
      timestep,
      latents: tensor(noise.shape, x),
      clean,
      values: { ...given, ...outputs },
    };
  }
  return tensor(noise.shape, x);
}

function repeated(
  x: Float32Array,
  shape: readonly number[],
  batch: number,
): Tensor {
  const data = new Float32Array(x.length * batch);
  for (let n = 0; n < batch; n++) data.set(x, n * x.length);
  return tensor([batch, ...shape.slice(1)], data);
}

/** `unconditional + guidance · (conditional − unconditional)`. */
function guided(both: Float32Array, guidance: number): Float32Array {
  if (guidance <= 1) return both;
  const half = both.length / 2;
  const out = new Float32Array(half);
  for (let i = 0; i < half; i++) {
    out[i] = both[i]! + guidance * (both[half + i]! - both[i]!);
  }
  return out;
}
