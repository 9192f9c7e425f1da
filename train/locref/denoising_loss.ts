import type { Ops } from "../../lib/ops/ops.ts";
import type { Params } from "../../lib/ops/params.ts";
import type { Tf, TfScalar, TfTensor } from "../loop/tf.ts";
import {
  type DenoiserInputs,
  type DenoiserShape,
  locrefDenoiser,
} from "./denoiser.ts";

/** A batch for {@linkcode denoisingLoss}, on the device. */
export interface DenoisingBatch {
  readonly inputs: DenoiserInputs<TfTensor>;
  /** Target of the prediction: the noise, or what the schedule sets instead. */
  readonly target: TfTensor;
  /** The weights of Eq. (2), an image of one channel. */
  readonly map: TfTensor;
}

/** Inputs of {@linkcode denoisingLoss}. */
export interface LossContext {
  readonly tf: Tf;
  readonly ops: Ops<TfTensor>;
  readonly shape: DenoiserShape;
}

/** Eq. (2): `mean((2.3·FM + 0.3·BM) ⊙ (ε − ε̂)²)`. */
export function denoisingLoss(
  { tf, ops, shape }: LossContext,
  batch: DenoisingBatch,
  weights: Params<TfTensor>,
): TfScalar {
  const predicted = locrefDenoiser(ops, weights, batch.inputs, shape);
  return weightedSquares(tf, predicted, batch.target, batch.map);
}

/** `mean(map ⊙ (a − b)²)`. */
export function weightedSquares(
  tf: Tf,
  a: TfTensor,
  b: TfTensor,
  map: TfTensor,
): TfScalar {
  return tf.mean(tf.mul(map, tf.square(tf.sub(a, b)))) as TfScalar;
}
