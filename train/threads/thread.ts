import { LocRefError, type LocRefErrorCode } from "../../lib/core/error.ts";

/** A message to a thread: its set-up first, then requests. */
export interface ThreadMessage {
  readonly number: number;
  readonly value: unknown;
}

/** A thread's reply to the message of that number: its result, or why it has none. */
export interface ThreadReply {
  readonly number: number;
  readonly result?: unknown;
  readonly error?: ThreadFailure;
}

/** An error as it passes between threads; `code` is that of a `LocRefError`. */
export interface ThreadFailure {
  readonly message: string;
  readonly code?: string;
}

interface Waiter {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A worker thread that is set up once and then takes requests; its module calls `serve`. */
export class Thread<Request, Result> {
  readonly #worker: Worker;
  readonly #waiters = new Map<number, Waiter>();
  #next = 0;
  #ended: Error | undefined;
  /** Resolves once the thread is set up. */
  readonly ready: Promise<unknown>;

  /** @param name The thread in messages, such as `loader`. */
  constructor(module: URL, setup: unknown, name: string) {
    // Node's workers would be files only, and a published package is none
    this.#worker = new Worker(module, { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<ThreadReply>) => {
      const waiter = this.#waiters.get(data.number);
      this.#waiters.delete(data.number);
      if (data.error === undefined) waiter?.resolve(data.result);
      else waiter?.reject(errorOf(data.error));
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#ended = new Error(`A ${name} ended: ${event.message}`);
      for (const { reject } of this.#waiters.values()) reject(this.#ended);
      this.#waiters.clear();
    };
    this.ready = this.#send(setup);
    // where nobody waits for it, each request fails with the same reason
    this.ready.catch(() => {});
  }

  /** Requests that have no result yet. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** Sends a request; several may be under way. It fails once the thread has ended. */
  request(request: Request): Promise<Result> {
    return this.#send(request) as Promise<Result>;
  }

  /** Ends the thread. */
  close(): void {
    this.#worker.terminate();
  }

  #send(value: unknown): Promise<unknown> {
    const number = this.#next++;
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(this.#ended);
      this.#waiters.set(number, { resolve, reject });
      this.#worker.postMessage({ number, value } satisfies ThreadMessage);
    });
  }
}

/** Waits for threads to be set up; where one fails, all are ended. */
export async function allReady(
  threads: readonly Thread<never, unknown>[],
): Promise<void> {
  try {
    await Promise.all(threads.map(({ ready }) => ready));
  } catch (error) {
    for (const thread of threads) thread.close();
    throw error;
  }
}

/** The thread with the fewest requests under way. */
export function leastBusy<T extends { readonly waiting: number }>(
  threads: readonly T[],
): T {
  return threads.reduce((best, one) => one.waiting < best.waiting ? one : best);
}

function errorOf({ message, code }: ThreadFailure): Error {
  return code === undefined
    ? new Error(message)
    : new LocRefError(code as LocRefErrorCode, message);
}
