import { Worker } from "node:worker_threads";
import type { Part, State, StepMessage, StepNumbers } from "./adamw_loop.ts";

/** Threads that take each step of AdamW together, each on its part of vectors that they share. */
export class AdamwThreads {
  readonly #workers: readonly Worker[];

  /** Begins `count` threads on `state`, whose vectors lie in shared memory. */
  constructor(
    state: State,
    { count, undecayed }: { readonly count: number } & Pick<Part, "undecayed">,
  ) {
    const { length } = state.gradient;
    const border = (i: number) => Math.floor(length * i / count);
    const file = new URL("./adamw_worker.ts", import.meta.url);
    this.#workers = Array.from({ length: count }, (_, i) => {
      const part: Part = { from: border(i), to: border(i + 1), undecayed };
      const worker = new Worker(file, { workerData: { state, part } });
      worker.unref();
      return worker;
    });
  }

  /** `Σ x²` of all gradients. */
  async sumOfSquares(): Promise<number> {
    const sums = await this.#all({});
    return sums.reduce((a, b) => a + b, 0);
  }

  /** Takes a step. */
  async step(numbers: StepNumbers): Promise<void> {
    await this.#all({ numbers });
  }

  #all(message: StepMessage): Promise<number[]> {
    return Promise.all(this.#workers.map((worker) => ask(worker, message)));
  }

  /** Ends the threads. */
  async dispose(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

/** Sends a message; returns what comes back. */
function ask(
  worker: Worker,
  message: StepMessage,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const end = () => {
      worker.off("message", received);
      worker.off("error", failed);
      worker.unref();
    };
    const received = (sum: number) => {
      end();
      resolve(sum);
    };
    const failed = (error: unknown) => {
      end();
      reject(error);
    };
    worker.ref();
    worker.on("message", received);
    worker.on("error", failed);
    worker.postMessage(message);
  });
}
