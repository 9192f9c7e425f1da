import { quote } from "../core/quote.ts";
import { LocRefError } from "../core/error.ts";
import type {
  CompileOptions,
  Executor,
  Program,
  Runner,
  Values,
  WeightSource,
} from "./executor.ts";
import { bytesOf } from "./list_weights.ts";
import type { Tensor } from "../core/tensor.ts";

/** Programs of one kind that nobody uses stay compiled while their weights take no more than this. */
const keptBytes = 256 * 2 ** 20;
const mostKept = 4;

/** A program that is compiled, or being compiled. */
interface Entry {
  readonly name: string;
  /** Programs of one kind differ by size or form and take each other's place. */
  readonly kind?: string;
  readonly bytes: number;
  readonly runner: Promise<Runner>;
  users: number;
}

/** The program to compile. */
export interface PooledProgram {
  readonly program: Program;
  readonly weights: WeightSource;
  /** Name of the programs of which only the last few stay. @default {it always stays} */
  readonly kind?: string;
  readonly options?: CompileOptions;
}

/**
 * The compiled programs of a model, shared by all of its runs. Each is compiled on first use, counts
 * its users, and is freed only after them.
 */
export class ProgramPool {
  readonly #executor: Executor;
  readonly #model: string;
  /** The longest unused comes first. */
  readonly #entries = new Map<string, Entry>();
  /** How often each program was compiled, by its name. */
  readonly #compilations = new Map<string, number>();
  #running = 0;
  #quiet: PromiseWithResolvers<void> | undefined;
  #closing: Promise<void> | undefined;

  /**
   * Takes an executor, which the pool owns from now on.
   *
   * @param model Name of the model in messages.
   */
  constructor(executor: Executor, model: string) {
    this.#executor = executor;
    this.#model = model;
  }

  /**
   * A runner of the program, which stays compiled until the runner is disposed of.
   *
   * @throws {LocRefError} `disposed` if the pool was.
   */
  async take(wanted: PooledProgram): Promise<Runner> {
    this.checkOpen();
    const { name } = wanted.program;
    const entry = this.#entries.get(name) ?? this.#compile(wanted);
    entry.users++;
    this.#entries.delete(name);
    this.#entries.set(name, entry); // Now the youngest
    let runner: Runner;
    try {
      runner = await entry.runner;
      this.checkOpen();
    } catch (error) {
      entry.users--;
      throw error;
    }
    return this.#lease(entry, runner);
  }

  /**
   * Frees the unused programs of some names whose weights take more than `bytes`.
   *
   * @param wanted Whether a program of this name and kind is meant.
   * @param stays Whether a program of so many bytes may stay; `again` where it was compiled before, and
   *   so is likely to be needed again.
   */
  async release(
    wanted: (name: string, kind?: string) => boolean,
    bytes: number,
    stays: (bytes: number, again: boolean) => boolean = () => false,
  ): Promise<void> {
    for (const entry of [...this.#entries.values()]) {
      if (!wanted(entry.name, entry.kind)) continue;
      if (entry.users > 0 || entry.bytes <= bytes) continue;
      const again = (this.#compilations.get(entry.name) ?? 0) > 1;
      if (!stays(entry.bytes, again)) await this.#free(entry);
    }
  }

  /**
   * Frees everything, after what runs at this moment. Whoever goes on gets an error that says so.
   */
  dispose(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Throws a {@linkcode LocRefError} `disposed` if the pool was disposed of. */
  checkOpen(): void {
    if (this.#closing === undefined) return;
    throw new LocRefError(
      "disposed",
      `Model ${
        quote(this.#model)
      } was disposed of and cannot be used any more: load it again`,
    );
  }

  #compile({ program, weights, kind, options }: PooledProgram): Entry {
    // a source may hold the weights of other programs too
    const bytes = bytesOf(program);
    const entry: Entry = {
      name: program.name,
      kind,
      bytes,
      // Others are freed before, since two large models may be more than fits into memory.
      runner: this.#makeRoom(kind, bytes).then(() =>
        this.#executor.compile(program, weights, options)
      ),
      users: 0,
    };
    this.#entries.set(entry.name, entry);
    const { name } = entry;
    this.#compilations.set(name, (this.#compilations.get(name) ?? 0) + 1);
    // A failed compilation is tried again next time, not remembered.
    entry.runner.catch(() => {
      if (this.#entries.get(entry.name) === entry) {
        this.#entries.delete(entry.name);
      }
    });
    return entry;
  }

  #lease(entry: Entry, runner: Runner): Runner {
    let held = true;
    return {
      run: async (inputs) => await this.#run(entry, runner, inputs),
      dispose: async () => {
        if (!held) return;
        held = false;
        entry.users--;
        const { kind, bytes } = entry;
        if (entry.users === 0 && this.#closing === undefined) {
          await this.#trim(kind, Math.max(1, keptOf(bytes)));
        }
      },
    };
  }

  async #run(
    entry: Entry,
    runner: Runner,
    inputs: Values<Tensor>,
  ): Promise<Values<Tensor>> {
    this.checkOpen();
    entry.users++;
    this.#running++;
    try {
      return await runner.run(inputs);
    } finally {
      entry.users--;
      if (--this.#running === 0) this.#quiet?.resolve();
    }
  }

  async #makeRoom(kind: string | undefined, bytes: number): Promise<void> {
    await this.#trim(kind, Math.max(0, keptOf(bytes) - 1));
  }

  /** Frees the programs of a kind that were unused longest, but for the last `keep`. */
  async #trim(kind: string | undefined, keep: number): Promise<void> {
    if (kind === undefined) return;
    const unused = [...this.#entries.values()].filter((one) =>
      one.kind === kind && one.users === 0
    );
    for (const entry of unused.slice(0, Math.max(0, unused.length - keep))) {
      if (entry.users > 0) continue; // taken while another was freed
      await this.#free(entry);
    }
  }

  async #free(entry: Entry): Promise<void> {
    // else another freed it meanwhile
    if (this.#entries.get(entry.name) !== entry) return;
    this.#entries.delete(entry.name);
    const runner = await entry.runner.catch(() => undefined);
    await runner?.dispose();
  }

  async #close(): Promise<void> {
    if (this.#running > 0) {
      this.#quiet = Promise.withResolvers();
      await this.#quiet.promise;
    }
    for (const entry of [...this.#entries.values()]) await this.#free(entry);
    await this.#executor.dispose();
  }
}

/** How many unused programs of so many bytes stay. */
function keptOf(bytes: number): number {
  return Math.min(mostKept, Math.floor(keptBytes / Math.max(1, bytes)));
}
