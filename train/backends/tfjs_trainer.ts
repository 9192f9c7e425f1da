import { LocRefError } from "../../lib/core/error.ts";
import { Params } from "../../lib/ops/params.ts";
import { checkBatch } from "../../lib/ops/check_loss.ts";
import { listLossWeights } from "../../lib/ops/list_weights.ts";
import { tfjsExecutor } from "../../lib/ops/tfjs/executor.ts";
import { upload } from "../../lib/ops/tfjs/layout.ts";
import { lossGradients } from "../../lib/ops/tfjs/loss_gradients.ts";
import { openTfjs } from "../../lib/ops/tfjs/runtime.ts";
import type { TfjsBackend } from "../../lib/ops/tfjs/tf.ts";
import {
  deviceShape,
  type HostWeights,
  readHostWeights,
  toDevice,
} from "../loop/host_weights.ts";
import { Optimizer } from "../optimizer/optimizer.ts";
import type { Ranks } from "../ranks/ranks.ts";
import type { Tf, TfTensor } from "../loop/tf.ts";
import type {
  Trainer,
  TrainerOptions,
  TrainingBackend,
  TrainingBatch,
  UpdateReport,
} from "./trainer.ts";

/**
 * Training on a backend of TensorFlow.js.
 *
 * @throws {LocRefError} `backend-missing`, with the reason and what to do.
 */
export async function tfjsTraining(
  name: TfjsBackend,
): Promise<TrainingBackend> {
  const tf = await openTfjs(name);
  return {
    name,
    open: async (options) =>
      new TfjsTrainer(tf, options, await uploadFrozen(tf, options)),
    executor: () => tfjsExecutor(name),
  };
}

/** Frozen weights on the device, brought there one by one: together they may be gigabytes. */
async function uploadFrozen(
  tf: Tf,
  { program, trainable, frozen }: TrainerOptions,
): Promise<Map<string, TfTensor>> {
  const uploaded = new Map<string, TfTensor>();
  for (const [name, shape] of listLossWeights(program)) {
    if (trainable.has(name)) continue;
    const one = await readHostWeights(frozen, new Map([[name, shape]]));
    uploaded.set(name, toDevice(tf, one.get(name)!));
  }
  return uploaded;
}

class TfjsTrainer implements Trainer {
  readonly #tf: Tf;
  readonly #options: TrainerOptions;
  readonly #optimizer: Optimizer;
  readonly #frozen: ReadonlyMap<string, TfTensor>;
  /** Gradients so far, one vector a bucket. */
  #sum: TfTensor[] | undefined;

  constructor(
    tf: Tf,
    options: TrainerOptions,
    frozen: ReadonlyMap<string, TfTensor>,
  ) {
    this.#tf = tf;
    this.#options = options;
    this.#frozen = frozen;
    this.#optimizer = new Optimizer(tf, options.trainable, options.optimizer);
  }

  async accumulate(batch: TrainingBatch, share: number) {
    checkBatch(this.#options.program, batch);
    const tf = this.#tf;
    const { gradients, scalars } = this.#gradientsOf(batch, share);
    const before = this.#sum;
    this.#sum = before === undefined
      ? gradients
      : gradients.map((g, i) => tf.add(g, before[i]!));
    if (before !== undefined) tf.dispose([...before, ...gradients]);
    const numbers: Record<string, number> = {};
    for (const [name, scalar] of scalars) {
      numbers[name] = (await scalar.data())[0]!;
      scalar.dispose();
    }
    return numbers as Record<string, number> & { loss: number };
  }

  /** Gradients of `share` times the loss, one vector a bucket, and all scalars. */
  #gradientsOf(batch: TrainingBatch, share: number) {
    const tf = this.#tf;
    const { program, recompute } = this.#options;
    const { tensors } = this.#optimizer;
    const scalars = new Map<string, TfTensor>();
    const gradients = tf.tidy(() => {
      const batchValues = Object.fromEntries(
        Object.entries(program.inputs).map((
          [name, kind],
        ) => [name, upload(tf, batch[name]!, kind)]),
      );
      const { loss, metrics, gradients } = lossGradients(tf, program, {
        weights: tensorParams(this.#frozen, tensors),
        batch: batchValues,
        by: [...tensors.values()],
        share,
        recompute,
      });
      for (const [name, scalar] of Object.entries({ loss, ...metrics })) {
        scalars.set(name, tf.keep(scalar));
      }
      const names = [...tensors.keys()];
      return this.#optimizer.join(
        new Map(names.map((name, i) => [name, gradients[i]])),
      );
    });
    return { gradients, scalars };
  }

  async gradients(): Promise<HostWeights> {
    return await this.#optimizer.toHost(this.#sum!);
  }

  async exchange(ranks: Ranks): Promise<void> {
    const summed: TfTensor[] = [];
    for (const gradient of this.#sum!) {
      const flat = new Float32Array(await gradient.data());
      gradient.dispose();
      await ranks.sum(flat);
      summed.push(this.#tf.tensor(flat));
    }
    this.#sum = summed;
  }

  async update(step: number, steps: number): Promise<UpdateReport> {
    const { norm, learningRate } = this.#optimizer.step(
      this.#sum!,
      step,
      steps,
    );
    this.discard();
    const [value] = await norm.data();
    norm.dispose();
    return { norm: value!, learningRate };
  }

  discard(): void {
    this.#tf.dispose(this.#sum ?? []);
    this.#sum = undefined;
  }

  async export(): Promise<HostWeights> {
    return await this.#optimizer.export();
  }

  async save(): Promise<HostWeights> {
    return await this.#optimizer.save();
  }

  restore(saved: HostWeights): void {
    this.#optimizer.restore(saved);
  }

  tensors(): number {
    return this.#tf.memory().numTensors;
  }

  dispose(): Promise<void> {
    this.discard();
    this.#tf.dispose([...this.#frozen.values()]);
    this.#optimizer.dispose();
    return Promise.resolve();
  }
}

/** Tensors by name as a model function takes them; later maps win. */
function tensorParams(
  ...maps: readonly ReadonlyMap<string, TfTensor>[]
): Params<TfTensor> {
  return new Params((name, shape) => {
    const found = maps.findLast((map) => map.has(name))?.get(name);
    const expected = deviceShape(shape);
    if (found !== undefined && String(found.shape) === String(expected)) {
      return found;
    }
    const has = found === undefined
      ? "is missing"
      : `is [${found.shape.join(", ")}] on the device`;
    throw new LocRefError(
      "checkpoint-mismatch",
      `Weight "${name}" ${has}, the model wants [${expected.join(", ")}]`,
    );
  });
}
