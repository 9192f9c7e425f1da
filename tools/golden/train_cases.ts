/** The golden cases of training: AdamW alone, and three steps on Eq. (2). */

import { join } from "node:path";
import { openAdapter } from "../../lib/adapters/adapter_formats.ts";
import { noiseSchedule } from "../../lib/ddim/noise_schedule.ts";
import type { WeightSource } from "../../lib/ops/executor.ts";
import { type Tensor, tensor } from "../../lib/core/tensor.ts";
import { tfjsOps } from "../../lib/ops/tfjs/ops.ts";
import { openTfjs } from "../../lib/ops/tfjs/runtime.ts";
import type { TfjsBackend } from "../../lib/ops/tfjs/tf.ts";
import { openBase } from "../../lib/bases/bases.ts";
import { readJson } from "../../lib/core/read_json.ts";
import { openSafetensors } from "../../lib/weights/safetensors/safetensors.ts";
import { disposeTensors } from "../../train/loop/dispose_tensors.ts";
import { lossAndGradients } from "../../train/loop/gradients.ts";
import {
  type HostWeights,
  readHostWeights,
  toDevice,
  toHost,
} from "../../train/loop/host_weights.ts";
import { denoisingBatch } from "../../train/locref/denoising_batch.ts";
import {
  denoisingLoss,
  type LossContext,
} from "../../train/locref/denoising_loss.ts";
import { Optimizer, tensorParams } from "../../train/optimizer/optimizer.ts";
import { recomputingOps } from "../../train/loop/recompute.ts";
import type { Tf, TfTensor } from "../../train/loop/tf.ts";

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
  backend: TfjsBackend,
): Promise<TrainGoldenResult[]> {
  const tf = await openTfjs(backend);
  return [await adamwCase(tf, dir), await trainCase(tf, dir)];
}

/** Case `adamw`: the optimizer alone, under decay and learning rate that show. */
export async function adamwCase(
  tf: Tf,
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
  const optimizer = new Optimizer(
    tf,
    new Map([["w", { shape, data: data as Float32Array }]]),
    {
      learningRate: settings.lr,
      weightDecay: settings.weight_decay,
      betas: settings.betas,
      epsilon: settings.eps,
    },
  );
  for (let step = 1; step <= settings.steps; step++) {
    const rows = data.length;
    const gradient = tf.tensor(
      goldens.gradients!.data.slice((step - 1) * rows, step * rows),
      [...shape],
    );
    const joined = optimizer.join(new Map([["w", gradient]]));
    optimizer.step(joined, step, settings.steps).norm.dispose();
    tf.dispose([gradient, ...joined]);
  }
  const end = (await optimizer.export()).get("w")!;
  optimizer.dispose();
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
  tf: Tf,
  dir: string,
  options: TrainCaseOptions = {},
): Promise<TrainGoldenResult> {
  const setup = await openTrainCase(tf, dir);
  const { goldens, losses, trainable, optimizer, context } = setup;
  const opsNow = () =>
    options.recompute
      ? recomputingOps(tf, context.ops, optimizer.tensors.values())
      : context.ops;
  let worst = 0;
  const note = (error: number, bound: number) => {
    // a NaN must not pass as small
    if (!(error / bound <= worst)) worst = error / bound;
  };
  for (let step = 1; step <= losses.length; step++) {
    const batch = setup.batchAt(step - 1);
    const params = tensorParams(setup.frozen, optimizer.tensors);
    const names = [...optimizer.tensors.keys()];
    const { loss, gradients } = lossAndGradients(
      tf,
      () => denoisingLoss({ ...context, ops: opsNow() }, batch, params),
      [...optimizer.tensors.values()],
    );
    const byName = new Map(names.map((name, i) => [name, gradients[i]]));
    const [value] = await loss.data();
    const expected = losses[step - 1]!;
    note(Math.abs(value! - expected) / Math.abs(expected), bounds.loss);
    if (step === 1) {
      for (const error of await gradientErrors(tf, goldens, byName)) {
        note(error, bounds.gradient);
      }
    }
    const joined = optimizer.join(byName);
    optimizer.step(joined, step, losses.length).norm.dispose();
    tf.dispose([loss, ...joined]);
    disposeTensors(tf, byName);
    disposeTensors(tf, batch);
  }
  for (
    const error of changeErrors(goldens, trainable, await optimizer.export())
  ) {
    note(error, bounds.change);
  }
  optimizer.dispose();
  tf.dispose([...setup.frozen.values()]);
  // one number for quantities of three bounds: the share of its own bound that the worst one takes
  const error = worst * bounds.change;
  return { case: "train", error, bound: bounds.change, ok: worst <= 1 };
}

async function openTrainCase(tf: Tf, dir: string) {
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
  const base = await openBase(join(dir, "sd-tiny"));
  const adapter = await openAdapter(
    join(dir, "locref", "locref-tiny.safetensors"),
  );
  const frozen = await readAll(base.unet.weights);
  const trainable = await readAll(adapter.weights);
  const boxes = corners.map(([x0, y0, x1, y1]) => ({ x0, y0, x1, y1 }));
  const schedule = noiseSchedule(base.scheduler);
  const { config } = base.unet;
  const context: LossContext = {
    tf,
    ops: tfjsOps(tf, { training: true }),
    shape: { unet: config, appearanceNet: adapter.shape },
  };
  const latents = goldens.latents!;
  const [count] = latents.shape as [number];
  const batchAt = (step: number) =>
    denoisingBatch(tf, {
      latents,
      noise: row(goldens.noises!, step),
      timesteps: [...row(goldens.timesteps!, step).data],
      text: goldens.encoder_hidden_states!,
      ci: goldens.ci_features!,
      ri: flattenFirst(goldens.ri_features!),
      layouts: Array.from({ length: count }, () => ({ boxes, scales })),
      lossWeights: file,
    }, { config, schedule });
  return {
    goldens,
    losses: file.losses,
    trainable,
    context,
    batchAt,
    frozen: new Map(
      [...frozen].map(([name, weight]) => [name, toDevice(tf, weight)]),
    ),
    optimizer: new Optimizer(tf, trainable, {
      learningRate: 1e-4,
      weightDecay: 0.01,
    }),
  };
}

async function gradientErrors(
  tf: Tf,
  goldens: Readonly<Record<string, Tensor>>,
  gradients: ReadonlyMap<string, TfTensor | undefined>,
): Promise<number[]> {
  const errors: number[] = [];
  for (const [key, expected] of Object.entries(goldens)) {
    if (!key.startsWith("grad.")) continue;
    const gradient = gradients.get(key.slice(5))!;
    const { data } = await toHost(tf, gradient, expected.shape);
    errors.push(relativeError(data, expected.data));
  }
  return errors;
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
