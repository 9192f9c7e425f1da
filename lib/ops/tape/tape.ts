/** Reverse mode: operations are written down as they are called, and their derivatives after them. */

import type { GradientOps } from "./gradient_ops.ts";

/** A value with its place on a tape. */
export interface Taped<T> {
  readonly value: T;
  /** Whether the value depends on one that derivatives are wanted by. */
  readonly depends: boolean;
  /** Whether the value is a weight, which lies in memory however often it is read. */
  readonly isWeight: boolean;
}

/** Computes the derivative by one input; absent where there is none, as by token ids. */
export type Derivative<T> = (() => T) | undefined;

/**
 * Given the derivatives by an operation's results (absent where nothing depends on a result),
 * returns one function an input. Only those of inputs that depend on what is trained are called.
 */
export type Backward<T> = (
  ...dy: readonly (T | undefined)[]
) => readonly Derivative<T>[];

interface TapeRecord<T> {
  readonly inputs: readonly Taped<T>[];
  readonly outputs: readonly Taped<T>[];
  readonly backward: Backward<T>;
}

/** The operations that the tape itself needs. */
export type TapeOps<T> = Pick<
  GradientOps<T>,
  "addAll" | "barrier" | "spend" | "within"
>;

/** The calls of a model function, in order. */
export class Tape<T> {
  readonly #ops: TapeOps<T>;
  #records: TapeRecord<T>[] = [];
  /** Values that the block which is being recorded has read so far. */
  #read: Set<Taped<T>> | undefined;
  /** Values that were made in it. */
  #made: Set<Taped<T>> | undefined;
  #standIns: ReadonlyMap<Taped<T>, T> = new Map();

  /** A tape without records. */
  constructor(ops: TapeOps<T>) {
    this.#ops = ops;
  }

  /** A value that no derivative is wanted by. */
  constant(value: T): Taped<T> {
    const constant = { value, depends: false, isWeight: false };
    this.#made?.add(constant);
    return constant;
  }

  /** A weight: trained, or frozen. */
  weight(value: T, trained: boolean): Taped<T> {
    return { value, depends: trained, isWeight: true };
  }

  /** A value that derivatives are wanted by. */
  variable(value: T): Taped<T> {
    return { value, depends: true, isWeight: false };
  }

  /** The value behind its place, as operations take it. */
  read(x: Taped<T>): T {
    this.#read?.add(x);
    return this.#standIns.get(x) ?? x.value;
  }

  /** Writes down an operation with several results. */
  record(
    inputs: readonly Taped<T>[],
    values: readonly T[],
    backward: Backward<T>,
  ): Taped<T>[] {
    const depends = inputs.some((input) => input.depends);
    const outputs = values.map((value) => ({
      value,
      depends,
      isWeight: false,
    }));
    for (const output of outputs) this.#made?.add(output);
    if (depends) this.#records.push({ inputs, outputs, backward });
    return outputs;
  }

  /**
   * Runs a part of a model whose inner values are forgotten. They are computed again on the way back
   * (Chen et al. 2016, "Training deep nets with sublinear memory cost").
   */
  block(part: () => Taped<T>): Taped<T> {
    const { result, outside } = this.#ops.within(() => {
      const { result, outside } = this.#apart(part);
      return { result, outside };
    });
    if (!result.depends) return result;
    const inputs = outside.filter(({ depends }) => depends);
    const backward: Backward<T> = (dy) => {
      const found = this.#again(part, outside, dy!);
      return inputs.map((input) => {
        const derivative = found.get(input);
        return derivative === undefined ? undefined : () => derivative;
      });
    };
    return this.record(inputs, [result.value], backward)[0]!;
  }

  /** Runs `part` on records of its own. */
  #apart(part: () => Taped<T>) {
    const before = {
      records: this.#records,
      read: this.#read,
      made: this.#made,
    };
    const read = new Set<Taped<T>>(), made = new Set<Taped<T>>();
    this.#records = [];
    this.#read = read;
    this.#made = made;
    try {
      const result = part();
      const outside = [...read].filter((x) => !made.has(x));
      for (const x of outside) before.read?.add(x);
      return { result, outside, records: this.#records };
    } finally {
      this.#records = before.records;
      this.#read = before.read;
      this.#made = before.made;
    }
  }

  #again(
    part: () => Taped<T>,
    outside: readonly Taped<T>[],
    dy: T,
  ): Map<Taped<T>, T> {
    const standIns = this.#standIns;
    const later = outside.filter(({ isWeight }) => !isWeight).map((x) => {
      const value = standIns.get(x) ?? x.value;
      return [x, this.#ops.barrier(value, [dy])] as const;
    });
    this.#standIns = new Map([...standIns, ...later]);
    try {
      const { result, records } = this.#apart(part);
      return this.#together(this.#walk(records, result, dy));
    } finally {
      this.#standIns = standIns;
    }
  }

  /**
   * The way back goes on from a part when all derivatives are computed that need its inner values.
   * Otherwise those by weights would wait for the end, and hold what is to be forgotten.
   */
  #together(found: Map<Taped<T>, T>): Map<Taped<T>, T> {
    return new Map([...found].map(([input, derivative]) => {
      const others = [...found.values()].filter((one) => one !== derivative);
      const goesOn = !input.isWeight && others.length > 0;
      return [
        input,
        goesOn ? this.#ops.barrier(derivative, others) : derivative,
      ];
    }));
  }

  /** The derivatives of `y` by `wanted`, times `dy`; absent where `y` does not depend on one. */
  gradients(
    y: Taped<T>,
    wanted: readonly Taped<T>[],
    dy: T,
  ): (T | undefined)[] {
    const found = this.#walk(this.#records, y, dy);
    return wanted.map((x) => found.get(x));
  }

  /** Walks back over `records` from `y`; returns what reaches values that were not made there. */
  #walk(
    records: readonly TapeRecord<T>[],
    y: Taped<T>,
    dy: T,
  ): Map<Taped<T>, T> {
    const parts = new Map<Taped<T>, T[]>([[y, [dy]]]);
    const take = (x: Taped<T>) => {
      const all = parts.get(x);
      parts.delete(x);
      if (all === undefined) return undefined;
      if (all.length === 1) return all[0]!;
      return this.#ops.spend(all, () => [this.#ops.addAll(all)])[0]!;
    };
    for (const { inputs, outputs, backward } of records.toReversed()) {
      const dys = outputs.map(take);
      const spent = dys.filter((one) => one !== undefined);
      if (spent.length === 0) continue;
      const found = this.#ops.spend(spent, () => {
        const derivatives = backward(...dys);
        return inputs.map(({ depends }, i) =>
          depends ? derivatives[i]?.() : undefined
        );
      });
      for (const [i, derivative] of found.entries()) {
        if (derivative === undefined) continue;
        const known = parts.get(inputs[i]!);
        if (known === undefined) parts.set(inputs[i]!, [derivative]);
        else known.push(derivative);
      }
    }
    return new Map([...parts.keys()].map((x) => [x, take(x)!]));
  }
}
