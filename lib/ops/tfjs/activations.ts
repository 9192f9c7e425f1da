/** Activations with gradients written out, one tensor kept each. */

import type { Tensor } from "@tensorflow/tfjs";
import { directOps } from "./direct.ts";
import type { Tf } from "./tf.ts";

type SaveTensors = (tensors: Tensor[]) => void;

/** `x · sigmoid(factor · x)`: SiLU for factor 1, quick GELU for 1.702. */
export function sigmoidGated(tf: Tf, x: Tensor, factor = 1): Tensor {
  const { add, mul, sigmoid, sub } = directOps(tf);
  const apply = tf.customGrad((...inputs) => {
    const [x, save] = inputs as unknown as [Tensor, SaveTensors];
    const gate = sigmoid(factor === 1 ? x : mul(x, factor));
    const value = mul(x, gate);
    save([gate, value]);
    return {
      value,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [gate, value] = saved as [Tensor, Tensor];
        // σ + f·x·σ·(1 − σ), with x·σ being the value itself.
        const rest = mul(value, sub(1, gate));
        const slope = add(gate, factor === 1 ? rest : mul(rest, factor));
        return mul(dy, slope);
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
  const { add, erf, exp, mul, square } = directOps(tf);
  const apply = tf.customGrad((...inputs) => {
    const [x, save] = inputs as unknown as [Tensor, SaveTensors];
    const phi = mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5);
    save([x, phi]);
    return {
      value: mul(x, phi),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [x, phi] = saved as [Tensor, Tensor];
        // The factor 1/√2π of the density stands in its exponent, which saves a pass.
        const exponent = add(
          mul(square(x), -0.5),
          -0.5 * Math.log(2 * Math.PI),
        );
        return mul(dy, add(phi, mul(x, exp(exponent))));
      },
    };
  });
  return apply(x);
}
