import type { Tensor } from "@tensorflow/tfjs";
import { directOps } from "./direct.ts";
import type { Tf } from "./tf.ts";

/** `x · sigmoid(factor · x)`: SiLU for factor 1, quick GELU for 1.702. */
export function sigmoidGated(tf: Tf, x: Tensor, factor = 1): Tensor {
  const { mul, sigmoid } = directOps(tf);
  return tf.tidy(() => mul(x, sigmoid(factor === 1 ? x : mul(x, factor))));
}

/**
 * Exact GELU, `x · Φ(x)` (Hendrycks & Gimpel 2016). TensorFlow's error function is exact to float32,
 * that of the other backends (Abramowitz & Stegun 7.1.26) to 1.5e-7.
 */
export function gelu(tf: Tf, x: Tensor): Tensor {
  const { add, erf, mul } = directOps(tf);
  return tf.tidy(() => mul(x, mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5)));
}
