import type { ModelCall } from "../../ddim/sampler.ts";
import type { Runner, Values } from "../../ops/executor.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { checkFinite } from "../../core/finite.ts";
import { afterSteps } from "../start/run_start.ts";
import { floats } from "../../core/tensor_rows.ts";
import type { DenoiseOptions } from "./denoise_options.ts";
import { type Evaluation, evaluator } from "./evaluator.ts";

/** One step of {@linkcode denoise}, after it was taken. */
export interface DenoiseStep {
  /** Steps taken so far, from 1. */
  readonly step: number;
  /** Steps in all. */
  readonly total: number;
  /** Training timestep passed to the model. */
  readonly timestep: number;
  /** Latents after the step, `[1, channels, height, width]`. */
  readonly latents: Tensor;
  /** The predicted clean latents. */
  readonly clean: () => Tensor;
  /** Inputs and outputs of the UNet, by name. */
  readonly values: Values<Tensor>;
}

/**
 * The loop from noise to clean latents, under classifier-free guidance (Ho & Salimans 2022, Eq. (6)).
 *
 * @throws the signal's reason when aborted.
 * @throws {LocRefError} `not-finite` if a prediction or the latents are, naming the step.
 */
export async function* denoise(
  unet: Runner,
  options: DenoiseOptions,
): AsyncGenerator<DenoiseStep, Tensor> {
  const { sampler, noise, signal, start, files = "unet" } = options;
  const { shape } = noise;
  const evaluate = evaluator(unet, options);
  const from = start?.from ?? 0;
  const sample = start?.sample ??
    floats(noise).map((value) => value * sampler.initialScale);
  const run = sampler.run(sample, {
    from,
    noise: options.stepNoise,
    after: start && afterSteps(sampler, start),
  });
  let next = run.next();
  let guided = -1;
  while (!next.done) {
    const { step, timestep } = next.value;
    let call: ModelCall, seen: Evaluation;
    do {
      signal?.throwIfAborted();
      call = next.value;
      if (guided !== call.step) {
        await moveLatents(call, noise, options);
        guided = call.step;
      }
      seen = await evaluate(call, shape);
      next = run.next(seen.prediction);
    } while (!next.done && next.value.step === step);
    const latents = next.done ? next.value : next.value.sample;
    // holds nothing else of the step, since it may be kept
    const clean = cleanLatents(shape, call, seen.prediction);
    const taken = step + 1 - from, total = sampler.steps - from;
    const stage = `sampler at step ${taken} of ${total}`;
    checkFinite({ data: latents }, { stage, files });
    yield {
      ...{ step: taken, total, timestep, clean },
      latents: tensor(shape, latents),
      values: seen.values,
    };
  }
  return tensor(shape, next.value);
}

/** Moves the sample of a call in place, where something guides it. */
async function moveLatents(
  { step: planned, timestep, sample, input }: ModelCall,
  { shape }: Tensor,
  { guide, sampler, start, files = "unet" }: DenoiseOptions,
): Promise<void> {
  if (guide === undefined) return;
  const first = start?.from ?? 0;
  const step = planned - first, total = sampler.steps - first;
  const factor = factorOf(input, sample);
  const moved = await guide(tensor(shape, input.slice()), {
    ...{ step, total, timestep },
  });
  checkFinite(moved, { stage: `guidance at step ${step + 1}`, files });
  floats(moved).forEach((value, i) => {
    // what stays as it was is not scaled there and back, which rounds
    if (value !== input[i]) sample[i] = value / factor;
  });
}

/** The factor by which a sampler scales its sample for the model, read at the largest number. */
function factorOf(input: Float32Array, sample: Float32Array): number {
  const most = sample.reduce(
    (best, value, i) => Math.abs(value) > Math.abs(sample[best]!) ? i : best,
    0,
  );
  return sample[most] === 0 ? 1 : input[most]! / sample[most]!;
}

function cleanLatents(
  shape: readonly number[],
  call: ModelCall,
  prediction: Float32Array,
): () => Tensor {
  return () => tensor(shape, call.clean(prediction));
}
