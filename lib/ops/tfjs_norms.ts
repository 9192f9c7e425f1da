/** Normalisations with gradients written out: a third of the passes that the tape would make. */

import type { Tensor, Tensor3D } from "@tensorflow/tfjs";
import type { Tf } from "./tfjs_runtime.ts";

/** Layer normalisation along the last axis (Ba et al. 2016), differentiable. */
export function layerNorm(
  tf: Tf,
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  eps: number,
): Tensor {
  const apply = tf.customGrad((...inputs) => {
    const [x, weight, bias, save] = inputs as unknown as [
      Tensor,
      Tensor,
      Tensor,
      SaveTensors,
    ];
    const { normal, scale } = standardise(tf, x, [-1], eps);
    save([normal, scale, weight]);
    return {
      value: tf.add(tf.mul(normal, weight), bias),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [normal, scale, weight] = saved as [Tensor, Tensor, Tensor];
        const rows = rowsBut(x.shape.length, 1);
        const dx = standardiseGradient(tf, tf.mul(dy, weight), {
          normal,
          scale,
          axes: [-1],
        });
        return [dx, tf.sum(tf.mul(dy, normal), rows), tf.sum(dy, rows)];
      },
    };
  });
  return apply(x, weight, bias);
}

/** Group normalisation of an NHWC image (Wu & He 2018), differentiable. */
export function groupNorm(
  tf: Tf,
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  options: { groups: number; eps: number },
): Tensor {
  const { groups, eps } = options;
  const [batch, height, width, channels] = x.shape as [
    number,
    number,
    number,
    number,
  ];
  const grouped = [batch, height * width, groups, channels / groups];
  const axes = [1, 3];
  const apply = tf.customGrad((...inputs) => {
    const [x, weight, bias, save] = inputs as unknown as [
      Tensor,
      Tensor,
      Tensor,
      SaveTensors,
    ];
    const { normal, scale } = standardise(
      tf,
      tf.reshape(x, grouped),
      axes,
      eps,
    );
    save([normal, scale, weight]);
    return {
      value: tf.add(tf.mul(tf.reshape(normal, x.shape), weight), bias),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [normal, scale, weight] = saved as [Tensor, Tensor, Tensor];
        const dNormal = tf.reshape(tf.mul(dy, weight), grouped);
        const dx = standardiseGradient(tf, dNormal, { normal, scale, axes });
        const flat = [batch * height * width, channels];
        const dWeight = tf.sum(
          tf.reshape(tf.mul(dy, tf.reshape(normal, dy.shape)), flat),
          0,
        );
        return [
          tf.reshape(dx, x.shape),
          dWeight,
          tf.sum(tf.reshape(dy, flat), 0),
        ];
      },
    };
  });
  return apply(x, weight, bias);
}

type SaveTensors = (tensors: Tensor[]) => void;

/** `(x − mean) / √(variance + eps)` over `axes`, and the factor it was scaled by. */
function standardise(
  tf: Tf,
  x: Tensor,
  axes: number[],
  eps: number,
): { normal: Tensor; scale: Tensor } {
  const centred = tf.sub(x, tf.mean(x, axes, true));
  const variance = tf.mean(tf.square(centred), axes, true);
  const scale = tf.rsqrt(tf.add(variance, eps));
  return { normal: tf.mul(centred, scale), scale };
}

function standardiseGradient(
  tf: Tf,
  dNormal: Tensor,
  forward: { normal: Tensor; scale: Tensor; axes: number[] },
): Tensor {
  const { normal, scale, axes } = forward;
  const along = tf.mean(tf.mul(dNormal, normal), axes, true);
  const centred = tf.sub(dNormal, tf.mean(dNormal, axes, true));
  return tf.mul(tf.sub(centred, tf.mul(normal, along)), scale) as Tensor3D;
}

function rowsBut(rank: number, last: number): number[] {
  return Array.from({ length: rank - last }, (_, i) => i);
}
