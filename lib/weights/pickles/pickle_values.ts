/** Values that a pickle describes. Names of classes are symbols: nothing is imported or called. */

import type { WeightDType } from "../safetensors/dtypes.ts";

/** The name of a class or function of Python, such as `collections.OrderedDict`. */
export class PickleSymbol {
  /** Module and name, joined by a dot. */
  readonly name: string;

  /** Makes a symbol of a module and a name in it. */
  constructor(module: string, name: string) {
    this.name = `${module}.${name}`;
  }
}

/** A value that is known only by the class or function that would have made it. */
export class PickleOpaque {
  /** Name of the class or function. */
  readonly maker: string;

  /** Makes a value that nothing is known of but its maker. */
  constructor(maker: string) {
    this.maker = maker;
  }
}

/** Values of one or several tensors, which lie outside the description. */
export class PickleStorage {
  /**
   * @param key Name in the file.
   * @param dtype Type of the values, or `undefined` where the tensors say it.
   * @param bytes Bytes that the description declares.
   * @param start First byte within the storage of that name.
   */
  constructor(
    readonly key: string,
    readonly dtype: WeightDType | undefined,
    readonly bytes: number,
    readonly start: number = 0,
  ) {}
}

/** A strided view of a storage. */
export class PickleTensor {
  /**
   * @param storage Where the values lie.
   * @param dtype Type of the values.
   * @param offset First value within the storage, counted in values.
   * @param shape Lengths of the dimensions.
   * @param strides Distances of neighbours along each dimension, counted in values.
   */
  constructor(
    readonly storage: PickleStorage,
    readonly dtype: WeightDType,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** A dictionary. */
export type PickleDict = Map<unknown, unknown>;
