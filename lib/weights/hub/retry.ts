import { setTimeout as wait } from "node:timers/promises";

/** How often and how soon something that failed is tried again. */
export interface RetryOptions {
  /** Tries in a row without progress. @default {6} */
  attempts?: number;
  /** Time before the second try in milliseconds; doubles with every further one. @default {500} */
  delay?: number;
  /** Time without a response or a byte after which a try fails, in milliseconds. @default {30000} */
  timeout?: number;
}

/** A failure that may pass by itself. */
export class PassingFailure extends Error {
  override name = "PassingFailure";
  /** Milliseconds that the other side asks to wait, where it does. */
  readonly retryAfter: number | undefined;

  /** Describes the failure by the part of a sentence that follows a colon. */
  constructor(message: string, options?: { retryAfter?: number }) {
    super(message);
    this.retryAfter = options?.retryAfter;
  }
}

const LONGEST_WAIT = 60_000;

/**
 * Waits before try number `attempt` (2, 3, …): as long as the hub requests, else a doubling time.
 * The time varies, so that many processes do not return at once.
 *
 * @throws the signal's reason once it is aborted.
 */
export async function waitBefore(
  attempt: number,
  failure: PassingFailure,
  options: RetryOptions & { signal?: AbortSignal },
): Promise<void> {
  const doubled = (options.delay ?? 500) * 2 ** (attempt - 2);
  const asked = failure.retryAfter ?? doubled * (0.75 + 0.5 * Math.random());
  await pause(Math.min(asked, LONGEST_WAIT), options.signal);
}

/**
 * Waits for `milliseconds`.
 *
 * @throws the signal's reason once it is aborted.
 */
export async function pause(
  milliseconds: number,
  signal?: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted();
  try {
    await wait(milliseconds, undefined, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/** Reads a `Retry-After` header: seconds, or a date. */
export function retryAfter(headers: Headers): number | undefined {
  const text = headers.get("retry-after");
  if (text === null) return undefined;
  const seconds = Number(text);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

/** A signal that fires when nothing has been heard for some time. */
export class IdleTimer {
  readonly #controller = new AbortController();
  readonly #milliseconds: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Starts the clock. */
  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
    this.touch();
  }

  /** Fires when the time is over. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Starts the time anew. */
  touch(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () =>
        this.#controller.abort(
          new PassingFailure(
            `nothing was received for ${this.#milliseconds / 1000} s`,
          ),
        ),
      this.#milliseconds,
    );
  }

  /** Stops the clock. */
  stop(): void {
    clearTimeout(this.#timer);
  }
}
