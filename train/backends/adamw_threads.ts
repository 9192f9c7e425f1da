import type {
  Beginning,
  Part,
  State,
  StepMessage,
  StepNumbers,
} from "./adamw_loop.ts";

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
    // Node's workers would be files only, and a published package is none
    this.#workers = Array.from({ length: count }, (_, i) => {
      const part: Part = { from: border(i), to: border(i + 1), undecayed };
      const worker = new Worker(file, { type: "module" });
      worker.postMessage({ state, part } satisfies Beginning);
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
  dispose(): void {
    for (const worker of this.#workers) worker.terminate();
  }
}

/** Sends a message; returns what comes back. */
function ask(worker: Worker, message: StepMessage): Promise<number> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<number>) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`A thread of AdamW failed: ${event.message}`));
    };
    worker.postMessage(message);
  });
}
