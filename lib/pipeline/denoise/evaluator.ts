import type { ModelCall } from "../../ddim/sampler.ts";
import { callsTaken } from "../start/run_start.ts";
import type { Runner, Values } from "../../ops/executor.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { checkFinite } from "../../core/finite.ts";
import { type StepRunner, stepRunner } from "./step_runner.ts";
import { floats } from "../../core/tensor_rows.ts";
import { guided } from "./guided.ts";
import type { DenoiseOptions, StepPrograms } from "./denoise_options.ts";

/** One evaluation of the UNet. */
export interface Evaluation {
  /** The prediction under guidance. */
  readonly prediction: Float32Array;
  /** Inputs and outputs of the UNet, by name. */
  readonly values: Values<Tensor>;
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

/** The denoiser under guidance: runs the programs of a step, and joins their predictions. */
export function evaluator(
  unet: Runner,
  options: DenoiseOptions,
): (call: ModelCall, shape: readonly number[]) => Promise<Evaluation> {
  const { stepInputs, inputsAt, perturbed, files = "unet" } = options;
  const { from: first = 0, extra } = options.start ?? {};
  const total = options.sampler.steps - first;
  const calls = callsTaken(options.sampler, first);
  let call = -1;
  const [from, to] = options.guidanceInterval ?? [0, 1];
  const fixed: StepPrograms = { unet, shallow: options.shallow };
  const programsAt = options.programsAt ?? (() => Promise.resolve(fixed));
  const runnerAt = stepRuns(programsAt, options.deepEvery);
  const perturbedAt = perturbed &&
    stepRuns(perturbed.programsAt, options.deepEvery);
  return async ({ step: planned, timestep, input }, shape) => {
    const step = planned - first;
    call++;
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
    const more = await options.callInputs?.({
      ...{ step, total, call, calls },
      ...{ sample, time },
    });
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
    const predictionOf = ({ prediction }: Values<Tensor>, name: string) => {
      const stage = `${name} at step ${step + 1} of ${total}`;
      checkFinite(prediction!, { stage, files });
      return floats(prediction!);
    };
    const own = predictionOf(outputs, "UNet");
    return {
      prediction: guided(own, {
        guidance,
        rescale: options.guidanceRescale,
        perturbed: away && {
          scale: perturbed!.scale,
          prediction: predictionOf(away, "Perturbed UNet"),
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
