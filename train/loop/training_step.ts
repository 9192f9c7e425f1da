import { LocRefError } from "../../lib/core/error.ts";
import type { Ranks } from "../ranks/ranks.ts";
import type { Trainer, TrainingBatch } from "../backends/trainer.ts";

/** Where a step takes its data from. */
export interface StepData {
  /** Number of micro-batches. */
  readonly count: number;
  /** Number of samples in micro-batch `index`. */
  readonly samples: (index: number) => number;
  /** Micro-batch `index`. */
  readonly take: (index: number) => Promise<TrainingBatch>;
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

interface StepOptions {
  readonly ranks: Ranks;
  readonly batch: number;
  readonly steps: number;
}

/** Largest number whose square float32 holds: moments of larger gradients would be infinite. */
const largestNorm = Math.sqrt(3.4e38);

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
export class TrainingStep {
  readonly #options: StepOptions;
  readonly #trainer: Trainer;

  constructor(trainer: Trainer, options: StepOptions) {
    this.#trainer = trainer;
    this.#options = options;
  }

  /** Takes step `step` (0 is the first). */
  async run(step: number, data: StepData): Promise<StepNumbers> {
    const { batch, steps } = this.#options;
    const totals = new Map<string, number>();
    for (let i = 0; i < data.count; i++) {
      const micro = await data.take(i);
      const share = data.samples(i) / batch;
      const found = await this.#trainer.accumulate(micro, share);
      for (const [name, value] of Object.entries(found)) {
        totals.set(name, (totals.get(name) ?? 0) + value * share);
      }
    }
    const stopping = await this.#exchange(totals, data.stopping());
    const loss = totals.get("loss")!;
    if (!Number.isFinite(loss)) {
      this.#trainer.discard();
      throw notFinite(`The loss is ${loss}`, step);
    }
    const { norm, learningRate } = await this.#trainer.update(step + 1, steps);
    if (!(norm < largestNorm)) {
      throw notFinite(`The norm of the gradients is ${norm}`, step);
    }
    const numbers = {
      ...Object.fromEntries(totals),
      learning_rate: learningRate,
      gradient_norm: norm,
    };
    return { loss, numbers, stopping };
  }

  /** Sums gradients, numbers and the wish to stop over all ranks; returns the last. */
  async #exchange(
    totals: Map<string, number>,
    stopping: boolean,
  ): Promise<boolean> {
    const { ranks } = this.#options;
    if (ranks.size === 1) return stopping;
    const names = [...totals.keys()].sort();
    const values = Float32Array.from([
      ...names.map((name) => totals.get(name)!),
      stopping ? 1 : 0,
    ]);
    await ranks.sum(values);
    names.forEach((name, i) => totals.set(name, values[i]!));
    await this.#trainer.exchange(ranks);
    return values[names.length]! > 0;
  }
}
