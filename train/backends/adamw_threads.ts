import { Thread } from "../threads/thread.ts";
import type {
  Beginning,
  Part,
  State,
  StepMessage,
  StepNumbers,
} from "./adamw_loop.ts";

/** Threads that take each step of AdamW together, each on its part of vectors that they share. */
export class AdamwThreads {
  readonly #threads: readonly Thread<StepMessage, number>[];

  /** Begins `count` threads on `state`, whose vectors lie in shared memory. */
  constructor(
    state: State,
    { count, undecayed }: { readonly count: number } & Pick<Part, "undecayed">,
  ) {
    const { length } = state.gradient;
    const border = (i: number) => Math.floor(length * i / count);
    const module = new URL("./adamw_worker.ts", import.meta.url);
    this.#threads = Array.from({ length: count }, (_, i) => {
      const part: Part = { from: border(i), to: border(i + 1), undecayed };
      const setup: Beginning = { state, part };
      return new Thread(module, setup, "thread of AdamW");
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
    return Promise.all(this.#threads.map((thread) => thread.request(message)));
  }

  /** Ends the threads. */
  dispose(): void {
    for (const thread of this.#threads) thread.close();
  }
}
