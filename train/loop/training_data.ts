import type { TrainingBatch } from "../backends/trainer.ts";
import { type Random, random } from "../../lib/core/random.ts";
import {
  type SampleOrder,
  sampleOrder,
  type SamplePlace,
} from "./sample_order.ts";

/** One requested sample. */
export interface TrainingSample extends SamplePlace {
  /** Random numbers of this sample at this place of the run: for noise, dropout and augmentation. */
  readonly random: Random;
}

/** Samples that a stage learns from. */
export interface TrainingData {
  /** Number of samples; `Infinity` for data made on the fly. */
  readonly length: number;
  /** Batches that may be made at a time beside the one that is used. @default {1} */
  readonly ahead?: number;
  /**
   * Makes a batch of the given samples.
   *
   * Its random values must come from each sample's own {@linkcode TrainingSample.random}. Then the
   * batch is the same on every rank, and after a restart.
   */
  batch(
    samples: readonly TrainingSample[],
  ): TrainingBatch | Promise<TrainingBatch>;
}

/** Sizes of {@linkcode microBatches}. */
export interface BatchSizes {
  /** Samples that one optimizer step sees, on all ranks together. */
  readonly batch: number;
  /** Samples that go through the model at a time. @default {the rank's whole share} */
  readonly microBatch?: number;
}

/** Samples that go through the model at a time: the part that `rank` of `size` has in each step. */
export interface MicroBatches {
  /** Number of them in a step. */
  readonly count: number;
  /** The samples of micro-batch `index` of step `step` (0 is the first). */
  at(step: number, index: number): TrainingSample[];
}

/** Divides steps among ranks and into micro-batches. */
export function microBatches(
  data: { readonly length: number },
  sizes: BatchSizes & { seed: number; rank: number; size: number },
): MicroBatches {
  const { batch, seed, rank, size } = sizes;
  if (batch % size !== 0) {
    throw new RangeError(
      `A batch of ${batch} samples cannot be shared evenly by ${size} ranks`,
    );
  }
  const share = batch / size;
  const micro = Math.min(share, sizes.microBatch ?? share);
  const order: SampleOrder = sampleOrder(data.length, seed);
  return {
    count: Math.ceil(share / micro),
    at(step, index) {
      const start = step * batch + rank * share;
      const from = start + index * micro;
      const to = Math.min(from + micro, start + share);
      return Array.from({ length: to - from }, (_, i) => {
        const place = order.at(from + i);
        return { ...place, random: random(seed, "sample", place.number) };
      });
    },
  };
}

/** Makes batches ahead, so that decoding goes on while a step runs. */
export class BatchQueue<B> {
  readonly #make: (index: number) => B | Promise<B>;
  readonly #ahead: number;
  /** Batches that were begun, by their index. */
  readonly #begun = new Map<number, Promise<B>>();

  /** Makes `ahead` batches besides the one that is taken. */
  constructor(make: (index: number) => B | Promise<B>, ahead = 1) {
    this.#make = make;
    this.#ahead = ahead;
  }

  /** Batch `index`; begins those after it, `last` being the last of all. */
  async take(index: number, last: number): Promise<B> {
    for (const known of this.#begun.keys()) {
      if (known < index || known > index + this.#ahead) {
        this.#begun.delete(known);
      }
    }
    const batch = await (this.#begun.get(index) ?? this.#make(index));
    this.#begun.delete(index);
    for (let next = index + 1; next <= index + this.#ahead; next++) {
      if (next <= last && !this.#begun.has(next)) this.#start(next);
    }
    return batch;
  }

  #start(index: number): void {
    const batch = Promise.resolve().then(() => this.#make(index));
    // an error is reported when the batch is taken
    batch.catch(() => {});
    this.#begun.set(index, batch);
  }

  /** Waits for what was begun. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#begun.values());
    this.#begun.clear();
  }
}
