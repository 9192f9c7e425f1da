import type { Signature, Values } from "./executor.ts";
import type { LossOps } from "./loss_ops.ts";
import type { Params } from "./params.ts";

/** A loss with further numbers for the log, scalars all of them. */
export interface LossValues<T> {
  /** Mean over the batch, a scalar. */
  readonly loss: T;
  /** Further scalars by name. */
  readonly metrics?: Values<T>;
}

/** A loss as a function over operations: what training takes gradients of. */
export interface LossProgram {
  /** Name for messages and for the graph file. */
  readonly name: string;
  /** Kinds of the values that a batch holds. */
  readonly inputs: Readonly<Record<string, Signature["kind"]>>;
  /**
   * Whether the loss and its metrics are means over samples that know nothing of each other, and each
   * value of a batch has the same number of rows for every sample, in their order. Then a batch may be
   * computed in parts. @default {false}
   */
  readonly perSample?: boolean;
  /** The mean loss of a batch. `weights` holds trained and frozen ones. */
  readonly run: <T>(
    ops: LossOps<T>,
    weights: Params<T>,
    batch: Values<T>,
  ) => LossValues<T>;
}
