/** The golden cases of training: AdamW alone, and three steps on Eq. (2). */

import { join } from "node:path";
import { openLocRef } from "../../lib/adapters/open_locref.ts";
import { noiseSchedule } from "../../lib/ddim/noise_schedule.ts";
import type { WeightSource } from "../../lib/ops/executor.ts";
import type { LossProgram } from "../../lib/ops/loss_program.ts";
import { type Tensor, tensor } from "../../lib/core/tensor.ts";
import { openStableDiffusion } from "../open_stable_diffusion.ts";
import { readJson } from "../../lib/core/files/read_json.ts";
import { openSafetensors } from "../../lib/weights/safetensors/safetensors.ts";
import type { TrainingBackendName } from "../../train/loop/training_config.ts";
import {
  type HostWeights,
  noWeights,
  readHostWeights,
} from "../../train/loop/host_weights.ts";
import { denoisingBatch } from "../../train/locref/denoising_batch.ts";
import { denoisingProgram } from "../../train/locref/denoising_loss.ts";
import { openTraining } from "../../train/backends/open_training.ts";
import type { TrainingBackend } from "../../train/backends/trainer.ts";

/** Result of one golden case: the largest error as a part of its own bound times `bound`. */
export interface TrainGoldenResult {
  readonly case: "train" | "adamw";
  readonly error: number;
  readonly bound: number;
  readonly ok: boolean;
}

/** Bounds of the quantities of case `train`. */
const bounds = { loss: 1e-5, gradient: 1e-3, change: 2e-2 };

/** Runs the cases `adamw` and `train` of the golden files in `dir`. */
export async function trainGolden(
  dir: string,
  backend: TrainingBackendName,
): Promise<TrainGoldenResult[]> {
  const training = await openTraining(backend);
  return [await adamwCase(training, dir), await trainCase(training, dir)];
}

/** A loss of weights `w` whose gradient is what the batch says. */
function givenGradient(shape: readonly number[]): LossProgram {
  return {
    name: "given_gradient",
    inputs: { gradient: "float" },
    run: (ops, weights, { gradient }) => ({
      loss: ops.sum(ops.mul(weights.get("w", shape), gradient!)),
    }),
  };
}

/** Case `adamw`: the optimizer alone, under decay and learning rate that show. */
export async function adamwCase(
  training: TrainingBackend,
  dir: string,
): Promise<TrainGoldenResult> {
  const settings = await readJson<{
    lr: number;
    weight_decay: number;
    betas: [number, number];
    eps: number;
    steps: number;
  }>(join(dir, "adamw.json"));
  const goldens = await readTensors(join(dir, "adamw.safetensors"));
  const { shape, data } = goldens.start!;
  const trainer = await training.open({
    program: givenGradient(shape),
    trainable: new Map([["w", { shape, data: data as Float32Array }]]),
    frozen: noWeights,
    optimizer: {
      learningRate: settings.lr,
      weightDecay: settings.weight_decay,
      betas: settings.betas,
      epsilon: settings.eps,
    },
  });
  for (let step = 1; step <= settings.steps; step++) {
    const gradient = row(goldens.gradients!, step - 1);
    await trainer.accumulate({ gradient }, 1);
    await trainer.update(step, settings.steps);
  }
  const end = (await trainer.export()).get("w")!;
  await trainer.dispose();
  const error = relativeError(end.data, goldens.end!.data);
  return { case: "adamw", error, bound: 1e-5, ok: error <= 1e-5 };
}

/** Options of {@linkcode trainCase}. */
export interface TrainCaseOptions {
  /** Whether blocks forget and recompute. @default {false} */
  readonly recompute?: boolean;
}

/** Case `train`: losses, gradients of the first step, and the change of weights after the third. */
export async function trainCase(
  training: TrainingBackend,
  dir: string,
  options: TrainCaseOptions = {},
): Promise<TrainGoldenResult> {
  const { goldens, losses, trainable, frozen, program, batchAt } =
    await openTrainCase(dir);
  const trainer = await training.open({
    program,
    trainable,
    frozen,
    recompute: options.recompute,
    optimizer: { learningRate: 1e-4, weightDecay: 0.01 },
  });
  let worst = 0;
  const note = (error: number, bound: number) => {
    // a NaN must not pass as small
    if (!(error / bound <= worst)) worst = error / bound;
  };
  for (const [i, expected] of losses.entries()) {
    const { loss } = await trainer.accumulate(batchAt(i), 1);
    note(Math.abs(loss - expected) / Math.abs(expected), bounds.loss);
    if (i === 0) {
      for (const error of gradientErrors(goldens, await trainer.gradients())) {
        note(error, bounds.gradient);
      }
    }
    await trainer.update(i + 1, losses.length);
  }
  const after = await trainer.export();
  await trainer.dispose();
  for (const error of changeErrors(goldens, trainable, after)) {
    note(error, bounds.change);
  }
  // one number for quantities of three bounds: the share of its own bound that the worst one takes
  const error = worst * bounds.change;
  return { case: "train", error, bound: bounds.change, ok: worst <= 1 };
}

async function openTrainCase(dir: string) {
  const goldens = await readTensors(join(dir, "train.safetensors"));
  const file = await readJson<{
    losses: number[];
    foreground: number;
    background: number;
  }>(join(dir, "train.json"));
  const { boxes_xyxy_fraction: corners, instance_scales: scales } =
    await readJson<{
      boxes_xyxy_fraction: [number, number, number, number][];
      instance_scales: number[];
    }>(join(dir, "locref.json"));
  const base = await openStableDiffusion(join(dir, "sd-tiny"));
  const adapter = await openLocRef(
    join(dir, "locref", "locref-tiny.safetensors"),
  );
  const boxes = corners.map(([x0, y0, x1, y1]) => ({ x0, y0, x1, y1 }));
  const schedule = noiseSchedule(base.scheduler);
  const { denoiser } = base;
  const latents = goldens.latents!;
  const [count, , height, width] = latents.shape as number[];
  const batchAt = (step: number) =>
    denoisingBatch({
      latents,
      noise: row(goldens.noises!, step),
      timesteps: [...row(goldens.timesteps!, step).data],
      text: goldens.encoder_hidden_states!,
      ci: goldens.ci_features!,
      ri: flattenFirst(goldens.ri_features!),
      layouts: Array.from({ length: count! }, () => ({ boxes, scales })),
      lossWeights: file,
    }, { denoiser, schedule });
  return {
    goldens,
    losses: file.losses,
    trainable: await readAll(adapter.weights),
    frozen: base.unet.weights,
    program: denoisingProgram(
      { denoiser, appearanceNet: adapter.shape },
      { height: height!, width: width! },
    ),
    batchAt,
  };
}

function gradientErrors(
  goldens: Readonly<Record<string, Tensor>>,
  gradients: HostWeights,
): number[] {
  return Object.entries(goldens)
    .filter(([key]) => key.startsWith("grad."))
    .map(([key, { data }]) =>
      relativeError(gradients.get(key.slice(5))!.data, data)
    );
}

/** Errors of after − before: of the weights themselves they would be too small to see. */
function changeErrors(
  goldens: Readonly<Record<string, Tensor>>,
  before: HostWeights,
  after: HostWeights,
): number[] {
  return Object.entries(goldens).flatMap(([key, expected]) => {
    if (!key.startsWith("after3.")) return [];
    const name = key.slice(7);
    const start = before.get(name)!.data;
    return [
      relativeError(
        after.get(name)!.data.map((value, i) => value - start[i]!),
        expected.data.map((value: number, i: number) => value - start[i]!),
      ),
    ];
  });
}

async function readAll(source: WeightSource): Promise<HostWeights> {
  const shapes = source.names().map((name) =>
    [name, source.info(name)!.shape] as const
  );
  return await readHostWeights(source, new Map(shapes));
}

async function readTensors(path: string): Promise<Record<string, Tensor>> {
  const file = await openSafetensors(path);
  const tensors: Record<string, Tensor> = {};
  for (const name of file.names()) tensors[name] = await file.readTensor(name);
  return tensors;
}

function row(x: Tensor, index: number): Tensor {
  const shape = x.shape.slice(1);
  const size = x.data.length / x.shape[0]!;
  return tensor(shape, x.data.slice(index * size, (index + 1) * size));
}

function flattenFirst(x: Tensor): Tensor {
  const [a, b, ...rest] = x.shape as [number, number];
  return tensor([a * b, ...rest], x.data);
}

function relativeError(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
): number {
  let largest = 0, difference = 0;
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i]!));
    const distance = Math.abs(actual[i]! - expected[i]!);
    if (!(distance <= difference)) difference = distance;
  }
  return difference / Math.max(largest, Number.MIN_VALUE);
}
