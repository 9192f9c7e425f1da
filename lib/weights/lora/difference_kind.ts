import type { WeightSource } from "../../ops/executor.ts";

/** The tensors of one layer: names in the file by their role, such as `up` or `alpha`. */
export type LayerTensors = ReadonlyMap<string, string>;

/** The difference of one weight in one file. */
export interface Difference {
  /** Formula of the weight's difference, or that the bias is changed. */
  readonly kind: DifferenceKind | "bias";
  /** Path of the file. */
  readonly file: string;
  /** The file's weights. */
  readonly source: WeightSource;
  /** Names of its tensors in the file. */
  readonly tensors: LayerTensors;
  /** Factor of the difference, beside its own alpha. */
  readonly scale: number;
  /** The header's factor for a rank; used where no alpha stands beside the layer. */
  readonly headerFactor: (rank: number) => number | undefined;
}

/** Some rows of a weight. */
export interface Rows {
  readonly from: number;
  readonly rows: number;
  /** Rows of the whole weight. */
  readonly of: number;
}

/** Adds a difference to some rows of a weight. */
export type AddRows = (x: Float32Array, rows: Rows) => Promise<void> | void;

/** A formula by which tensors of a file change a weight, under LyCORIS' names. */
export interface DifferenceKind {
  /** Name of the formula, such as `lora`. */
  readonly name: string;
  /** Ends of tensor names, and the role that each stands for. */
  readonly endings: readonly (readonly [RegExp, string])[];
  /** Sets of roles: a layer of this kind has all of one set, and no others but `alpha` and `diff_b`. */
  readonly roles: readonly (readonly string[])[];
  /** The role whose tensor reads the weight's columns, where one alone does. */
  readonly reads?: string;
  /** Roles whose first present tensor has a row for each rank; alpha is divided by it. @default {no rank} */
  readonly ranked?: readonly string[];
  /** Rows and columns of the difference, from shapes alone; `undefined` where they fit nothing. */
  size(one: Difference): readonly [number, number] | undefined;
  /** Reads the tensors, whose parts times `factor` can then be added to rows of the weight. */
  open(one: Difference, factor: number): Promise<AddRows>;
}
