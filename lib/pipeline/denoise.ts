import { blended } from "../ddim/blended.ts";
import type { ModelCall, SamplerPlan } from "../ddim/sampler.ts";
import type { Runner, Values } from "../ops/executor.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { checkFinite } from "../core/finite.ts";
import { afterSteps, type RunStart } from "./start/run_start.ts";
import { type StepRunner, stepRunner } from "./step_runner.ts";
import type { AdapterStep, PreparedAdapter } from "../adapters/adapter.ts";
import { floats } from "../core/tensor_rows.ts";

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

/** Everything a run of {@linkcode denoise} needs. */
export interface DenoiseOptions {
  /** The inputs of the UNet that depend on the time alone, for a batch of timesteps. */
  readonly stepInputs: (timesteps: readonly number[]) => Values<Tensor>;
  /** Folder of the UNet's weights, in messages. */
  readonly files?: string;
  readonly sampler: SamplerPlan;
  /** Unit noise to begin with, `[1, channels, height, width]`. */
  readonly noise: Tensor;
  /** Weight of the conditional prediction; 1 or less runs without the unconditional branch. */
  readonly guidance: number;
  /** Part of the steps under guidance, as fractions `[from, to)` of all. @default {[0, 1]} */
  readonly guidanceInterval?: readonly [number, number];
  /**
   * How far the guided prediction is scaled back to the deviation of the conditional one, 0..1 (Lin et
   * al. 2023, 3.4). @default {0}
   */
  readonly guidanceRescale?: number;
  /** The outermost layers alone, for steps that reuse deep features. */
  readonly shallow?: Runner;
  /** The whole UNet runs in every n-th step. @default {1} */
  readonly deepEvery?: number;
  /** Keys, values and masks of a step; the batch is unconditional then conditional, or conditional alone. */
  readonly inputsAt: (
    at: AdapterStep,
  ) => Values<Tensor> | Promise<Values<Tensor>>;
  /** The denoiser's programs of a step, read after its inputs. @default {the same in every step} */
  readonly programsAt?: (step: number) => Promise<StepPrograms>;
  /** Perturbed-attention guidance. @default {off} */
  readonly perturbed?: PerturbedGuidance;
  /** Moves the latents before a step. */
  readonly guide?: NonNullable<PreparedAdapter["guide"]>;
  /** Where the run begins on a picture. @default {at noise} */
  readonly start?: RunStart;
  /** Inputs that are computed anew for every evaluation, such as residuals of ControlNets. */
  readonly callInputs?: (call: DenoiserCall) => Promise<Values<Tensor>>;
  /** Unit noise for evaluation `call`, for stochastic samplers. */
  readonly stepNoise?: (call: number) => Float32Array;
  readonly signal?: AbortSignal;
}

/** Guidance away from the prediction of a perturbed denoiser (Ahn et al. 2024). */
export interface PerturbedGuidance {
  /** Weight of the difference of the conditional prediction and the perturbed one. */
  readonly scale: number;
  /** The perturbed denoiser's programs of a step. */
  readonly programsAt: (step: number) => Promise<StepPrograms>;
}

/** One evaluation of the denoiser, as other networks see it. */
export interface DenoiserCall {
  /** Step of the run, from 0, and how many it has. */
  readonly step: number;
  readonly total: number;
  /** The latents, a row for each branch, `[rows, channels, height, width]`. */
  readonly sample: Tensor;
  /** Inputs of the denoiser that depend on the time alone. */
  readonly time: Values<Tensor>;
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
  const { sampler, noise, signal } = options;
  const { shape } = noise;
  const evaluate = evaluator(unet, options);
  const { start } = options;
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
    checkFinite({ data: latents }, {
      stage: `sampler at step ${step + 1 - from} of ${sampler.steps - from}`,
      files: options.files ?? "unet",
    });
    yield {
      step: step + 1 - from,
      total: sampler.steps - from,
      timestep,
      latents: tensor(shape, latents),
      clean,
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
  floats(moved).forEach((value, i) => sample[i] = value / factor);
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

/** One evaluation of the UNet. */
interface Evaluation {
  /** The prediction under guidance. */
  readonly prediction: Float32Array;
  /** Inputs and outputs of the UNet, by name. */
  readonly values: Values<Tensor>;
}

/** The denoiser's programs of one form. */
export interface StepPrograms {
  readonly unet: Runner;
  /** The outermost layers alone, for steps that reuse deep features. */
  readonly shallow?: Runner;
}

/** Runs the programs of a step, deep features and all. */
function stepRuns(
  programsAt: (step: number) => Promise<StepPrograms>,
  every: number | undefined,
): (step: number) => Promise<StepRunner> {
  let programs: StepPrograms | undefined;
  let runner: StepRunner | undefined;
  return async (step) => {
    const wanted = await programsAt(step);
    if (runner === undefined || wanted !== programs) {
      // deep features of another form of the denoiser are not this one's
      programs = wanted;
      runner = stepRunner(wanted.unet, { shallow: wanted.shallow, every });
    }
    return runner;
  };
}

function evaluator(
  unet: Runner,
  options: DenoiseOptions,
): (call: ModelCall, shape: readonly number[]) => Promise<Evaluation> {
  const { stepInputs, inputsAt, perturbed, files = "unet" } = options;
  const { from: first = 0, extra } = options.start ?? {};
  const total = options.sampler.steps - first;
  const [from, to] = options.guidanceInterval ?? [0, 1];
  const fixed: StepPrograms = { unet, shallow: options.shallow };
  const programsAt = options.programsAt ?? (() => Promise.resolve(fixed));
  const runnerAt = stepRuns(programsAt, options.deepEvery);
  const perturbedAt = perturbed &&
    stepRuns(perturbed.programsAt, options.deepEvery);
  return async ({ step: planned, timestep, input }, shape) => {
    const step = planned - first;
    const whole = options.guidance > 1 ? 2 : 1;
    const given = await inputsAt({
      ...{ step, total, timestep },
      sample: repeated(input, shape, whole),
      given: stepInputs(Array(whole).fill(timestep)),
    });
    const runner = await runnerAt(step);
    const acts = step >= from * total && step < to * total;
    const guidance = acts ? options.guidance : 1;
    const batch = guidance > 1 ? 2 : 1;
    const time = stepInputs(Array(batch).fill(timestep));
    const sample = repeated(input, shape, batch);
    const more = await options.callInputs?.({ step, total, sample, time });
    const inputs = {
      ...given,
      sample: extra === undefined ? sample : withChannels(sample, extra),
      ...time,
      ...more,
    };
    const outputs = await runner.run(inputs, batch);
    const away = acts
      ? await (await perturbedAt?.(step))?.run(inputs, 1)
      : undefined;
    const at = `at step ${step + 1} of ${total}`;
    checkFinite(outputs.prediction!, { stage: `UNet ${at}`, files });
    if (away) {
      checkFinite(away.prediction!, { stage: `Perturbed UNet ${at}`, files });
    }
    return {
      prediction: guided(floats(outputs.prediction!), {
        guidance,
        rescale: options.guidanceRescale,
        perturbed: away && {
          scale: perturbed!.scale,
          prediction: floats(away.prediction!),
        },
      }),
      values: { ...given, ...outputs },
    };
  };
}

/** Every row with the same channels behind its own. */
function withChannels(x: Tensor, extra: Tensor): Tensor {
  const [rows, channels, height, width] = x.shape;
  const own = x.data.length / rows!;
  const data = new Float32Array(rows! * (own + extra.data.length));
  for (let n = 0; n < rows!; n++) {
    const at = n * (own + extra.data.length);
    data.set(x.data.subarray(n * own, (n + 1) * own), at);
    data.set(extra.data, at + own);
  }
  return tensor([rows!, channels! + extra.shape[1]!, height!, width!], data);
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

/** How predictions are joined to one. */
interface Guiding {
  readonly guidance: number;
  readonly rescale?: number;
  /** Prediction of the perturbed denoiser. */
  readonly perturbed?: { scale: number; prediction: Float32Array };
}

/**
 * `unconditional + guidance · (conditional − unconditional) + scale · (conditional − perturbed)`,
 * rescaled.
 */
function guided(
  both: Float32Array,
  { guidance, rescale = 0, perturbed }: Guiding,
): Float32Array {
  if (guidance <= 1 && perturbed === undefined) return both;
  const out = guidance > 1 ? blended(both, guidance) : Float32Array.from(both);
  const conditional = both.subarray(both.length - out.length);
  if (perturbed !== undefined) {
    const { scale, prediction } = perturbed;
    for (let i = 0; i < out.length; i++) {
      out[i]! += scale * (conditional[i]! - prediction[i]!);
    }
  }
  return rescale > 0 ? rescaled(out, conditional, rescale) : out;
}

/** Goes over to what has the deviation of the conditional prediction (Lin et al. 2023, Eqs. (15), (16)). */
function rescaled(
  guided: Float32Array,
  conditional: Float32Array,
  rescale: number,
): Float32Array {
  const factor = deviation(conditional) / deviation(guided);
  return guided.map((value) => value * (rescale * factor + 1 - rescale));
}

function deviation(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / values.length);
}
