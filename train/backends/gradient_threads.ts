import type { WrittenGradients } from "../../lib/ops/onnx/gradients/gradient_graph.ts";
import type { LossNumbers } from "../../lib/ops/onnx/gradients/gradient_session.ts";
import { Thread } from "../threads/thread.ts";
import type {
  GradientRequest,
  GradientSetup,
  PartOfBatch,
} from "./gradient_messages.ts";
import { splitBatch } from "./split_batch.ts";
import { addTo, type Place } from "./weight_places.ts";

/** A graph, and the number of threads that have it: parts of a batch. */
export interface PartGraph {
  readonly key: string;
  readonly parts: number;
}

/**
 * Threads that each take gradients of a part of a batch. One graph of many small operations leaves
 * the second core idle for a quarter of the time; graphs side by side do not.
 */
export class GradientThreads {
  readonly #threads: readonly Thread<GradientRequest, LossNumbers>[];
  /** Gradients of each thread. */
  readonly #own: readonly Float32Array[];

  /** Begins `count` threads that read `weights`, which lie in shared memory. */
  constructor(
    weights: Float32Array,
    { count, places }: {
      readonly count: number;
      readonly places: ReadonlyMap<string, Place>;
    },
  ) {
    this.#own = Array.from(
      { length: count },
      () => new Float32Array(new SharedArrayBuffer(weights.byteLength)),
    );
    const module = new URL("./gradient_worker.ts", import.meta.url);
    this.#threads = this.#own.map((gradient) => {
      const setup: GradientSetup = { weights, gradient, places };
      return new Thread(module, setup, "thread of gradients");
    });
  }

  /** Compiles a graph on the first of the threads. */
  async open(
    { key, parts }: PartGraph,
    written: WrittenGradients,
  ): Promise<void> {
    const [first, ...others] = this.#threads.slice(0, parts);
    // the first leaves the rewritten graph where the others find it
    await first!.request({ key, open: written });
    await Promise.all(
      others.map((thread) => thread.request({ key, open: written })),
    );
  }

  /** Adds `share` times the gradients of a batch to `gradient`, or begins it; returns the means of the numbers. */
  async run(
    { key, parts }: PartGraph,
    { batch, share }: PartOfBatch,
    { gradient, begins }: {
      readonly gradient: Float32Array;
      readonly begins: boolean;
    },
  ): Promise<LossNumbers> {
    const numbers = await Promise.all(
      splitBatch(batch, parts).map((part, i) => {
        const run = { batch: part, share: share / parts };
        return this.#threads[i]!.request({ key, run });
      }),
    );
    const own = this.#own.slice(0, parts);
    if (begins) gradient.set(own.shift()!);
    for (const more of own) addTo(gradient, more);
    return meanOf(numbers);
  }

  /** Frees a graph. */
  async free({ key, parts }: PartGraph): Promise<void> {
    await Promise.all(
      this.#threads.slice(0, parts).map((thread) =>
        thread.request({ key, free: true })
      ),
    );
  }

  /** Ends the threads. */
  close(): void {
    for (const thread of this.#threads) thread.close();
  }
}

function meanOf(numbers: readonly LossNumbers[]): LossNumbers {
  const [first] = numbers as [LossNumbers, ...LossNumbers[]];
  return Object.fromEntries(
    Object.keys(first).map((name) => [
      name,
      numbers.reduce((sum, one) => sum + one[name]!, 0) / numbers.length,
    ]),
  ) as LossNumbers;
}
