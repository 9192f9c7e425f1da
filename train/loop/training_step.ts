import { LocRefError } from "../../lib/core/error.ts";
import type { Params } from "../../lib/ops/params.ts";
import { disposeTensors } from "./dispose_tensors.ts";
import { lossAndGradients } from "./gradients.ts";
import { type Optimizer, tensorParams } from "../optimizer/optimizer.ts";
import type { Ranks } from "../ranks/ranks.ts";
import type { Tf, TfScalar, TfTensor } from "./tf.ts";
import type { Loss } from "./loss.ts";

/** Where a step takes its data from. */
export interface StepData<B> {
  /** Number of micro-batches. */
  readonly count: number;
  /** Number of samples in micro-batch `index`. */
  readonly samples: (index: number) => number;
  /** Micro-batch `index`. */
  readonly take: (index: number) => Promise<B>;
  /** Whether this rank got a request to stop. */
  readonly stopping: () => boolean;
}

/** Result of a step, the same on every rank. */
export interface StepNumbers {
  readonly loss: number;
  /** For the log: loss, metrics, learning rate, norm of the gradients. */
  readonly numbers: Readonly<Record<string, number>>;
  /** Whether any rank got a request to stop. */
  readonly stopping: boolean;
}

interface StepOptions<B> {
  readonly tf: Tf;
  readonly loss: Loss<B>;
  readonly ranks: Ranks;
  readonly batch: number;
  readonly steps: number;
}

/** Sums over micro-batches. */
interface Totals {
  gradients: TfTensor[] | undefined;
  readonly numbers: Map<string, number>;
}

/** The step is not saved: the checkpoint before it stays the newest. */
function notFinite(found: string, step: number): LocRefError {
  return new LocRefError(
    "training",
    `${found} at step ${
      step + 1
    }: resume from the last checkpoint with a lower learning rate, or look for broken weights and pictures`,
  );
}

/** Optimizer steps: gradients of micro-batches, summed, exchanged and applied. */
export class TrainingStep<B> {
  readonly #options: StepOptions<B>;
  readonly #optimizer: Optimizer;
  readonly #frozen: ReadonlyMap<string, TfTensor>;

  constructor(
    options: StepOptions<B>,
    state: { optimizer: Optimizer; frozen: ReadonlyMap<string, TfTensor> },
  ) {
    this.#options = options;
    this.#optimizer = state.optimizer;
    this.#frozen = state.frozen;
  }

  /** Takes step `step` (0 is the first). */
  async run(step: number, data: StepData<B>): Promise<StepNumbers> {
    const { tf, batch, steps } = this.#options;
    const totals: Totals = { gradients: undefined, numbers: new Map() };
    for (let i = 0; i < data.count; i++) {
      const micro = await data.take(i);
      const weight = data.samples(i) / batch;
      await this.#accumulate(totals, micro, { step, weight });
      disposeTensors(tf, micro);
    }
    const stopping = await this.#exchange(totals, data.stopping());
    const loss = totals.numbers.get("loss")!;
    if (!Number.isFinite(loss)) {
      tf.dispose(totals.gradients!);
      throw notFinite(`The loss is ${loss}`, step);
    }
    const report = this.#optimizer.step(totals.gradients!, step + 1, steps);
    tf.dispose(totals.gradients!);
    const [norm] = await report.norm.data();
    report.norm.dispose();
    if (!Number.isFinite(norm)) {
      throw notFinite(`The norm of the gradients is ${norm}`, step);
    }
    const numbers = {
      ...Object.fromEntries(totals.numbers),
      learning_rate: report.learningRate,
      gradient_norm: norm!,
    };
    return { loss, numbers, stopping };
  }

  async #accumulate(
    totals: Totals,
    micro: B,
    { step, weight }: { step: number; weight: number },
  ): Promise<void> {
    const { tf } = this.#options;
    const { gradients, scalars } = this.#gradientsOf(micro, step, weight);
    const before = totals.gradients;
    totals.gradients = before === undefined
      ? gradients
      : gradients.map((g, i) => tf.add(g, before[i]!));
    if (before !== undefined) tf.dispose([...before, ...gradients]);
    for (const [name, scalar] of scalars) {
      const [value] = await scalar.data();
      scalar.dispose();
      const sum = totals.numbers.get(name) ?? 0;
      totals.numbers.set(name, sum + value! * weight);
    }
  }

  /** Gradients of `weight` times the loss, one vector a bucket, and all scalars. */
  #gradientsOf(
    micro: B,
    step: number,
    weight: number,
  ): { gradients: TfTensor[]; scalars: Map<string, TfScalar> } {
    const { tf, loss } = this.#options;
    const tensors = this.#optimizer.tensors;
    const params: Params<TfTensor> = tensorParams(this.#frozen, tensors);
    const scalars = new Map<string, TfScalar>();
    const keep = (name: string, scalar: TfScalar) =>
      scalars.set(name, tf.keep(tf.clone(scalar)));
    const gradients = tf.tidy(() => {
      const found = lossAndGradients(tf, () => {
        const answer = loss(micro, params, step, tensors.values());
        const total = "metrics" in answer ? answer.loss : answer;
        keep("loss", total);
        if ("metrics" in answer) {
          for (const [name, metric] of Object.entries(answer.metrics)) {
            keep(name, metric);
          }
        }
        return tf.mul(total, weight) as TfScalar;
      }, [...tensors.values()]);
      const names = [...tensors.keys()];
      return this.#optimizer.join(
        new Map(names.map((name, i) => [name, found.gradients[i]])),
      );
    });
    return { gradients, scalars };
  }

  /** Sums gradients, numbers and requests to stop over all ranks; returns whether any rank stops. */
  async #exchange(totals: Totals, stopping: boolean): Promise<boolean> {
    const { tf, ranks } = this.#options;
    if (ranks.size === 1) return stopping;
    const names = [...totals.numbers.keys()].sort();
    const values = Float32Array.from([
      ...names.map((name) => totals.numbers.get(name)!),
      stopping ? 1 : 0,
    ]);
    await ranks.sum(values);
    names.forEach((name, i) => totals.numbers.set(name, values[i]!));
    const summed: TfTensor[] = [];
    for (const gradient of totals.gradients!) {
      const flat = new Float32Array(await gradient.data());
      gradient.dispose();
      await ranks.sum(flat);
      summed.push(tf.tensor(flat));
    }
    totals.gradients = summed;
    return values[names.length]! > 0;
  }
}
