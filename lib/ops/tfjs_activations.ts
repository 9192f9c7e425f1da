/** Activations with gradients written out, one tensor kept each. */

import type { Tensor } from "@tensorflow/tfjs";
import type { Tf } from "./tfjs_runtime.ts";

type SaveTensors = (tensors: Tensor[]) => void;

/** `x · sigmoid(factor · x)`: SiLU for factor 1, quick GELU for 1.702. */
export function sigmoidGated(tf: Tf, x: Tensor, factor = 1): Tensor {
  const apply = tf.customGrad((...inputs) => {
    const [x, save] = inputs as unknown as [Tensor, SaveTensors];
    const gate = tf.sigmoid(factor === 1 ? x : tf.mul(x, factor));
    const value = tf.mul(x, gate);
    save([gate, value]);
    return {
      value,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [gate, value] = saved as [Tensor, Tensor];
        // σ + f·x·σ·(1 − σ), with x·σ being the value itself.
        const rest = tf.mul(value, tf.sub(1, gate));
        const slope = tf.add(gate, factor === 1 ? rest : tf.mul(rest, factor));
        return tf.mul(dy, slope);
      },
    };
  });
  return apply(x);
}

/**
 * Exact GELU, `x · Φ(x)` (Hendrycks & Gimpel 2016). TensorFlow's error function is exact to float32,
 * that of the other backends (Abramowitz & Stegun 7.1.26) to 1.5e-7.
 */
export function gelu(tf: Tf, x: Tensor): Tensor {
  const apply = tf.customGrad((...inputs) => {
    const [x, save] = inputs as unknown as [Tensor, SaveTensors];
    const phi = tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
    save([x, phi]);
    return {
      value: tf.mul(x, phi),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [x, phi] = saved as [Tensor, Tensor];
        const density = tf.mul(
          tf.exp(tf.mul(tf.square(x), -0.5)),
          1 / Math.sqrt(2 * Math.PI),
        );
        return tf.mul(dy, tf.add(phi, tf.mul(x, density)));
      },
    };
  });
  return apply(x);
}
