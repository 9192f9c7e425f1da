import type { BackendName } from "./backends.ts";
import type { InputGradient, InputGradientOptions } from "./input_gradient.ts";
import type { LossProgram } from "./loss_program.ts";
import { openGradient } from "./open_gradient.ts";

/** A compiled loss with its users. */
interface Entry {
  readonly compiled: Promise<InputGradient>;
  users: number;
}

/**
 * Compiled losses of a model, shared by its runs. Of those without users the last one stays, since the
 * next run most often needs it again.
 */
export class GradientPool {
  readonly #backend: BackendName;
  readonly #entries = new Map<string, Entry>();

  /** Takes the backend whose derivatives are used. */
  constructor(backend: BackendName) {
    this.#backend = backend;
  }

  /**
   * A loss with its derivative, which stays compiled until it is disposed of.
   *
   * @throws {LocRefError} `backend-missing` if the backend has no gradients.
   */
  async take(
    program: LossProgram,
    options: InputGradientOptions,
  ): Promise<InputGradient> {
    const key = JSON.stringify([program.name, options.by, options.shapes]);
    const entry = this.#entries.get(key) ??
      this.#compile(key, program, options);
    entry.users++;
    const compiled = await entry.compiled;
    let held = true;
    return {
      run: (inputs) => compiled.run(inputs),
      dispose: async () => {
        if (!held) return;
        held = false;
        entry.users--;
        await this.#trim(key);
      },
    };
  }

  /** Frees everything. */
  async dispose(): Promise<void> {
    for (const key of [...this.#entries.keys()]) await this.#free(key);
  }

  #compile(
    key: string,
    program: LossProgram,
    options: InputGradientOptions,
  ): Entry {
    const compiled = openGradient(this.#backend)
      .then((compile) => compile(program, options));
    const entry = { compiled, users: 0 };
    this.#entries.set(key, entry);
    // a failed compilation is tried again next time, not remembered
    compiled.catch(() => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    });
    return entry;
  }

  /** Frees what nobody uses, but for the last one. */
  async #trim(last: string): Promise<void> {
    for (const [key, { users }] of [...this.#entries]) {
      if (users === 0 && key !== last) await this.#free(key);
    }
  }

  async #free(key: string): Promise<void> {
    const entry = this.#entries.get(key);
    this.#entries.delete(key);
    const compiled = await entry?.compiled.catch(() => undefined);
    await compiled?.dispose();
  }
}
