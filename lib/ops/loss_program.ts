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
   * Whether a batch may be computed in parts: loss and metrics are means over samples that know
   * nothing of each other. Each value of a batch then has as many rows for one sample as for another,
   * in the order of the samples. @default {false}
   */
  readonly perSample?: boolean;
  /** The mean loss of a batch. `weights` holds trained and frozen ones. */
  readonly run: <T>(
    ops: LossOps<T>,
    weights: Params<T>,
    batch: Values<T>,
  ) => LossValues<T>;
}
