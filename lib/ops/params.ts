/**
 * Named weights as a model function sees them.
 *
 * A model states the shape of each weight where it uses it. So one dry run of the function lists
 * everything that a checkpoint must hold ({@linkcode listWeights}).
 */

/** Weights below one prefix of a checkpoint. */
export class Params<T> {
  readonly #lookup: (name: string, shape: readonly number[]) => T;
  /** Prefix of every name below: empty, or ending in a full stop. */
  readonly prefix: string;

  /** Wraps `lookup`, which is given full names and the shape that the model expects. */
  constructor(
    lookup: (name: string, shape: readonly number[]) => T,
    prefix = "",
  ) {
    this.#lookup = lookup;
    this.prefix = prefix;
  }

  /** The weight `name` below this prefix, of PyTorch's `shape` (`[out, in]`, `[out, in, kh, kw]`). */
  get(name: string, shape: readonly number[]): T {
    return this.#lookup(this.prefix + name, shape);
  }

  /** The weights below `name` of this prefix. */
  at(name: string | number): Params<T> {
    return new Params(this.#lookup, `${this.prefix}${name}.`);
  }
}
