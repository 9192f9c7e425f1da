import { LocRefError, type LocRefErrorCode } from "../../lib/core/error.ts";
import { quote } from "../../lib/core/quote.ts";
import type { TrainingBatch } from "../backends/trainer.ts";
import { stageNames } from "../loop/stages.ts";
import type { TrainingConfig } from "../loop/training_config.ts";
import type { TrainingData } from "../loop/training_data.ts";
import type {
  LoaderFailure,
  LoaderReply,
  LoaderSetup,
} from "./loader_messages.ts";

/** Data of a stage whose batches are made by threads of their own. */
export interface LoadedData {
  readonly data: TrainingData;
  /** Ends the threads. */
  readonly close: () => void;
}

/**
 * Opens `loaders` threads that make the batches of a stage while the loop computes.
 *
 * Each opens the stage for itself, with one thread for its encoders. Batches are those of `data` to
 * the bit, since all that is random in a sample depends on the seed and its place in the run.
 *
 * @throws {LocRefError} `config-invalid` for a stage that a thread cannot load by its name, and
 * whatever the stage throws when it opens.
 */
export async function openLoaders(
  data: TrainingData,
  { config, loaders }: { config: TrainingConfig; loaders: number },
): Promise<LoadedData> {
  const { stage } = config as { stage?: unknown };
  if (typeof stage !== "string" || !stageNames().includes(stage)) {
    throw new LocRefError(
      "config-invalid",
      `Loaders cannot load stage ${
        quote(stage)
      }, which is none of the package: leave "loaders" out`,
    );
  }
  const pool = Array.from(
    { length: loaders },
    () => new Loader({ stage, config }),
  );
  const close = () => pool.forEach((loader) => loader.close());
  try {
    await Promise.all(pool.map(({ ready }) => ready));
  } catch (error) {
    close();
    throw error;
  }
  return {
    close,
    data: {
      length: data.length,
      ahead: loaders,
      batch: (samples) =>
        leastBusy(pool).batch(
          samples.map(({ number, epoch, index }) => ({ number, epoch, index })),
        ),
    },
  };
}

function leastBusy(pool: readonly Loader[]): Loader {
  return pool.reduce((best, one) => one.waiting < best.waiting ? one : best);
}

/** Who waits for a batch. */
interface Waiter {
  readonly resolve: (batch: TrainingBatch) => void;
  readonly reject: (error: Error) => void;
}

/** One thread. */
class Loader {
  readonly #worker: Worker;
  readonly #waiters = new Map<number, Waiter>();
  #next = 0;
  /** Resolves once the stage is open. */
  readonly ready: Promise<void>;

  constructor(setup: LoaderSetup) {
    const url = new URL("./loader_worker.ts", import.meta.url);
    this.#worker = new Worker(url, { type: "module" });
    this.ready = new Promise((resolve, reject) => {
      this.#worker.onmessage = ({ data }: MessageEvent<LoaderReply>) => {
        if ("ready" in data) resolve();
        else if ("failed" in data) reject(errorOf(data.failed));
        else this.#take(data);
      };
      this.#worker.onerror = (event) => {
        event.preventDefault();
        const error = new Error(`A loader ended: ${event.message}`);
        reject(error);
        for (const waiter of this.#waiters.values()) waiter.reject(error);
        this.#waiters.clear();
      };
    });
    this.#worker.postMessage(setup);
  }

  /** Batches that were requested and have not come. */
  get waiting(): number {
    return this.#waiters.size;
  }

  batch(samples: readonly unknown[]): Promise<TrainingBatch> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiters.set(id, { resolve, reject });
      this.#worker.postMessage({ id, samples });
    });
  }

  close(): void {
    this.#worker.terminate();
  }

  #take(reply: Extract<LoaderReply, { id: number }>): void {
    const waiter = this.#waiters.get(reply.id);
    this.#waiters.delete(reply.id);
    if ("batch" in reply) waiter?.resolve(reply.batch);
    else waiter?.reject(errorOf(reply.error));
  }
}

function errorOf({ message, code }: LoaderFailure): Error {
  return code === undefined
    ? new Error(message)
    : new LocRefError(code as LocRefErrorCode, message);
}
