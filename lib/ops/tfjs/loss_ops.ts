import type { Tensor } from "@tensorflow/tfjs";
import type { LossOps } from "../loss_ops.ts";
import { tfjsOps } from "./ops.ts";
import type { Tf } from "./tf.ts";

/** The operations of losses on TensorFlow.js, run at once. */
export function tfjsLossOps(tf: Tf): LossOps<Tensor> {
  return {
    ...tfjsOps(tf),
    maximum: (a, b) => tf.maximum(a, b),
    minimum: (a, b) => tf.minimum(a, b),
    atLeast: (a, b) => tf.cast(tf.greaterEqual(a, b), "float32"),
    exp: (x) => tf.exp(x),
    log: (x) => tf.log(x),
    abs: (x) => tf.abs(x),
    logSoftmax: (x) => tf.logSoftmax(x),
    sum: (x) => tf.sum(x),
    mean: (x) => tf.mean(x),
  };
}
