import type { GenerationStep } from "../pipeline/generation_step.ts";
import type { Picture } from "../pipeline/picture.ts";

/** The steps of a run; the picture is the generator's return value. */
export type StepGenerator = AsyncGenerator<GenerationStep, Picture>;

/** How a run ended. */
type End =
  | { readonly picture: Picture }
  | { readonly error: unknown; readonly left?: boolean };

/**
 * A picture that is being made, as `scene.steps()` returns it: iterate over its steps, await its
 * `picture`, or both. Nothing happens before the first of the two is used.
 *
 * @example
 * ```ts
 * import { scene } from "@locref/locref";
 *
 * const run = scene().caption("a red apple").steps({ steps: 2 });
 * for await (const { step, total } of run) console.log(`${step} of ${total}`);
 * const picture = await run.picture;
 * console.log(picture.width);
 * ```
 */
export class Run implements StepGenerator {
  readonly #generator: StepGenerator;
  readonly #controller = new AbortController();
  /** Steps that were taken and not handed out yet. */
  #ahead: GenerationStep[] = [];
  #advancing: Promise<void> | undefined;
  #picture: Promise<Picture> | undefined;
  #end: End | undefined;

  /**
   * Wraps the steps of a run.
   *
   * @ignore
   */
  constructor(start: (signal: AbortSignal) => StepGenerator) {
    this.#generator = start(this.#controller.signal);
  }

  /**
   * The finished picture. Reading it runs the remaining steps, whether or not a loop takes them;
   * a loop still gets every one.
   *
   * @throws what stopped the run: an error of its own, the signal's reason, or an `AbortError` if it
   * was cancelled or its loop was left before.
   */
  get picture(): Promise<Picture> {
    return this.#picture ??= this.#finish();
  }

  /**
   * Stops the run before its next step; the loop over its steps and `picture` throw `reason`.
   *
   * @param reason what they throw. @default {an `AbortError`}
   * @returns a promise that resolves when the run's memory is freed.
   */
  async cancel(
    reason: unknown = new DOMException("The run was cancelled", "AbortError"),
  ): Promise<void> {
    await this.#stop({ error: reason });
  }

  /** The next step, or `{ done: true }` with the picture. */
  async next(): Promise<IteratorResult<GenerationStep, Picture>> {
    for (;;) {
      const value = this.#ahead.shift();
      if (value !== undefined) return { done: false, value };
      const end = this.#end;
      if (end === undefined) await this.#advance();
      else if ("picture" in end) return { done: true, value: end.picture };
      else if (end.left) return { done: true, value: undefined as never };
      else {
        // whoever takes the steps sees the error
        this.#picture?.catch(() => {});
        throw end.error;
      }
    }
  }

  /** Leaves the run, which stops unless its `picture` was requested; `for await` calls it. */
  async return(
    value?: Picture | PromiseLike<Picture>,
  ): Promise<IteratorResult<GenerationStep, Picture>> {
    if (this.#picture === undefined) {
      const error = new DOMException(
        "The run was stopped: the loop over its steps was left",
        "AbortError",
      );
      await this.#stop({ error, left: true });
    }
    return { done: true, value: await value as Picture };
  }

  /** Stops the run and throws `error`. */
  async throw(
    error: unknown,
  ): Promise<IteratorResult<GenerationStep, Picture>> {
    await this.cancel(error);
    throw error;
  }

  /** The run itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Lets `await using` stop a run that was left. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async #finish(): Promise<Picture> {
    while (this.#end === undefined) await this.#advance();
    if ("picture" in this.#end) return this.#end.picture;
    throw this.#end.error;
  }

  /** Takes one step, once for all who wait for it. */
  #advance(): Promise<void> {
    return this.#advancing ??= this.#generator.next().then(
      ({ done, value }) => {
        if (done) this.#end ??= { picture: value };
        else if (this.#end === undefined) this.#ahead.push(value);
      },
      (error) => {
        this.#end ??= { error };
      },
    ).finally(() => this.#advancing = undefined);
  }

  async #stop(end: End & { error: unknown }): Promise<void> {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#ahead = [];
    this.#controller.abort(end.error);
    await this.#advancing;
    await this.#generator.return(undefined as never);
  }
}
