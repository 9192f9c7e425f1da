import { PickleFault } from "./pickle_fault.ts";
import { quote } from "../../core/quote.ts";
import { ByteCursor } from "./byte_cursor.ts";
import { isForbidden } from "./forbidden_calls.ts";
import { callingPickle, tooLargePickle } from "./pickle_error.ts";
import { pickleLimits } from "./pickle_limits.ts";
import {
  type PickleDict,
  PickleOpaque,
  type PickleStorage,
  PickleSymbol,
  PickleTensor,
} from "./pickle_values.ts";
import { knownCalls, storageOf } from "./python_calls.ts";

/** How calls are treated, and the file that messages name. */
export interface PickleMachineOptions {
  /** File that messages name. */
  readonly file: string;
  /** Whether values that are no tensors are skipped where they would be called. */
  readonly tensorsOnly: boolean;
  /** Position of the first byte. @default {0} */
  readonly at?: number;
}

/** The stack, the marks and the memory of a pickle that is being read. */
export class PickleMachine {
  /** Where the instructions come from. */
  readonly cursor: ByteCursor;
  /** Storages by name. */
  readonly storages: Map<string, PickleStorage> = new Map();
  /** Whether the last instruction was read. */
  stopped = false;
  /** The value that the pickle describes. */
  result: unknown = undefined;
  readonly #options: PickleMachineOptions;
  readonly #stack: unknown[] = [];
  readonly #marks: number[] = [];
  readonly #memory: Map<number, unknown> = new Map();
  #instructions = 0;
  #containers = 0;

  /** Starts before the first instruction. */
  constructor(bytes: Uint8Array, options: PickleMachineOptions) {
    this.cursor = new ByteCursor(bytes, options.at);
    this.#options = options;
  }

  /** The code of the next instruction. */
  next(): number {
    this.#spend(1);
    return this.cursor.byte();
  }

  /** Puts a value on the stack. */
  push(value: unknown): void {
    this.#stack.push(value);
  }

  /** Puts a new container on the stack. */
  pushContainer(value: object): void {
    if (++this.#containers > pickleLimits.containers) {
      throw tooLargePickle(
        this.#options.file,
        `it holds more than ${pickleLimits.containers} containers`,
      );
    }
    this.push(value);
  }

  /** Takes the last value from the stack. */
  pop(): unknown {
    const floor = this.#marks.at(-1) ?? 0;
    if (this.#stack.length <= floor) {
      throw new PickleFault("it takes a value that was never put down");
    }
    return this.#stack.pop();
  }

  /** The last value of the stack. */
  top(): unknown {
    const value = this.pop();
    this.push(value);
    return value;
  }

  /** Begins a group of values. */
  mark(): void {
    this.#marks.push(this.#stack.length);
  }

  /** Takes the values since the last mark. */
  popToMark(): unknown[] {
    const mark = this.#marks.pop();
    if (mark === undefined) {
      throw new PickleFault("it ends a group of values that never began");
    }
    return this.#stack.splice(mark);
  }

  /** Remembers the last value under a number. */
  remember(index: number = this.#memory.size): void {
    if (this.#memory.size >= pickleLimits.remembered) {
      throw tooLargePickle(
        this.#options.file,
        `it remembers more than ${pickleLimits.remembered} values`,
      );
    }
    this.#memory.set(index, this.top());
  }

  /** Puts a remembered value on the stack. */
  recall(index: number): void {
    if (!this.#memory.has(index)) {
      throw new PickleFault(
        `it refers to value ${quote(index)}, which it does not hold`,
      );
    }
    this.push(this.#memory.get(index));
  }

  /** Ends the pickle. */
  stop(): void {
    this.result = this.pop();
    this.stopped = true;
  }

  /** A storage by its persistent id. */
  storage(id: unknown): PickleStorage {
    const storage = storageOf(id);
    this.storages.set(storage.key, storage);
    return storage;
  }

  /** The value of a call, or an opaque one where calls are skipped. */
  call(made: unknown, args: unknown): unknown {
    if (made instanceof PickleOpaque) return this.#unknown(made.maker);
    if (!(made instanceof PickleSymbol)) {
      throw new PickleFault(`it calls ${quote(made)}`);
    }
    const known = knownCalls.get(made.name);
    if (known === undefined) return this.#unknown(made.name);
    if (!Array.isArray(args)) {
      throw new PickleFault(`it calls ${made.name} with ${quote(args)}`);
    }
    // what a call copies counts, or few instructions would do much work
    if (Array.isArray(args[0])) this.#spend(args[0].length);
    if (args[0] instanceof Map) this.#spend(args[0].size);
    return known(args);
  }

  /** Gives the last value a state, which dictionaries and tensors do not need. */
  build(): void {
    this.pop();
    const value = this.top();
    if (value instanceof PickleSymbol) this.#unknown(value.name);
    const known = value instanceof Map || value instanceof PickleOpaque ||
      value instanceof PickleTensor || value instanceof PickleSymbol;
    if (!known) throw new PickleFault(`it sets the state of ${quote(value)}`);
  }

  /** Puts pairs of keys and values into the dictionary that is the last value. */
  setItems(items: readonly unknown[]): void {
    const target = this.top();
    if (items.length % 2 !== 0) {
      throw new PickleFault("a key of a dictionary has no value");
    }
    if (target instanceof PickleOpaque) return;
    if (!(target instanceof Map)) {
      throw new PickleFault(`it puts keys into ${quote(target)}`);
    }
    fill(target, items);
  }

  /** Adds values to the list that is the last value. */
  append(items: readonly unknown[]): void {
    const target = this.top();
    if (target instanceof PickleOpaque) return;
    if (!Array.isArray(target)) {
      throw new PickleFault(`it adds values to ${quote(target)}`);
    }
    for (const item of items) target.push(item);
  }

  #unknown(name: string): PickleOpaque {
    const { file, tensorsOnly } = this.#options;
    const forbidden = isForbidden(name);
    if (forbidden || !tensorsOnly) throw callingPickle(file, name, !forbidden);
    return new PickleOpaque(name);
  }

  #spend(count: number): void {
    this.#instructions += count;
    if (this.#instructions <= pickleLimits.instructions) return;
    throw tooLargePickle(
      this.#options.file,
      `its description has more than ${pickleLimits.instructions} instructions`,
    );
  }
}

/** Puts pairs into a dictionary. */
export function fill(dict: PickleDict, items: readonly unknown[]): PickleDict {
  for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1]);
  return dict;
}
