import type { Tensor } from "@tensorflow/tfjs";
import type { LossOps } from "../loss_ops.ts";
import { tfjsOps, type TfjsOpsOptions } from "./ops.ts";
import type { Tf } from "./tf.ts";

/** The operations of losses on TensorFlow.js, run at once and differentiable. */
export function tfjsLossOps(
  tf: Tf,
  options: TfjsOpsOptions = { training: true },
): LossOps<Tensor> {
  return {
    ...tfjsOps(tf, options),
    // the gradients of tf.maximum and tf.minimum forget that an axis was broadcast
    maximum: (a, b) => tf.where(tf.greaterEqual(a, b), a, b),
    minimum: (a, b) => tf.where(tf.greaterEqual(b, a), a, b),
    atLeast: (a, b) => tf.cast(tf.greaterEqual(a, b), "float32"),
    maxWidth: (x) => largestOfWidth(tf, x),
    exp: (x) => tf.exp(x),
    log: (x) => tf.log(x),
    // the gradient of tf.abs at 0 is −1
    abs: (x) => tf.mul(x, tf.sign(x)),
    logSoftmax: (x) => tf.logSoftmax(x),
    sum: (x) => tf.sum(x),
    mean: (x) => tf.mean(x),
  };
}

/** The largest along the last axis; the gradient of tf.max gives each of equals the whole derivative. */
function largestOfWidth(tf: Tf, x: Tensor): Tensor {
  const largest = tf.customGrad((value, save) => {
    const own = value as Tensor;
    const most = tf.max(own, -1, true);
    (save as (tensors: Tensor[]) => void)([own, most]);
    return {
      value: most,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const equal = tf.cast(tf.greaterEqual(saved[0]!, saved[1]!), "float32");
        return tf.mul(equal, tf.div(dy, tf.sum(equal, -1, true)));
      },
    };
  });
  return largest(x);
}
