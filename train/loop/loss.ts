import type { Params } from "../../lib/ops/params.ts";
import type { TfScalar, TfTensor } from "./tf.ts";

/** A loss with further numbers for the log, scalars all of them. */
export interface LossParts {
  readonly loss: TfScalar;
  readonly metrics: Readonly<Record<string, TfScalar>>;
}

/**
 * The mean loss of a batch. `weights` holds trainable and frozen ones; `step` is 0 at first;
 * `trained` are the tensors that gradients are taken of, for {@linkcode recomputingOps}.
 */
export type Loss<B> = (
  batch: B,
  weights: Params<TfTensor>,
  step: number,
  trained: Iterable<TfTensor>,
) => TfScalar | LossParts;
