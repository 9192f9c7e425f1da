/** Normalisations with gradients written out: a third of the passes that the tape would make. */

import type { Tensor, Tensor2D, Tensor3D } from "@tensorflow/tfjs";
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

/**
 * Group normalisation of an NHWC image (Wu & He 2018), differentiable.
 *
 * Sums over pixels are taken channel by channel, which is how an image lies in memory; only those
 * small sums are then joined into groups.
 */
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
  const size = height * width * channels / groups;
  const spread = (x: Tensor) => tf.reshape(x, [batch, 1, 1, channels]);
  const apply = tf.customGrad((...inputs) => {
    const [x, weight, bias, save] = inputs as unknown as [
      Tensor,
      Tensor,
      Tensor,
      SaveTensors,
    ];
    const members = groupMembers(tf, { channels, groups, size });
    const meanOf = (sums: Tensor) => groupMeans(tf, sums, members);
    const centred = tf.sub(x, spread(meanOf(tf.sum(x, [1, 2]))));
    const variance = meanOf(tf.sum(tf.square(centred), [1, 2]));
    const scale = tf.rsqrt(tf.add(variance, eps));
    save([centred, scale, weight, members]);
    const slope = spread(tf.mul(scale, weight));
    return {
      value: tf.add(tf.mul(centred, slope), bias),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [centred, scale, weight, members] = saved as [
          Tensor,
          Tensor,
          Tensor,
          Tensor2D,
        ];
        const meanOf = (sums: Tensor) => groupMeans(tf, sums, members);
        const sums = tf.sum(dy, [1, 2]);
        const along = tf.mul(tf.sum(tf.mul(dy, centred), [1, 2]), scale);
        // dx = scale · (weight·dy − mean(weight·dy) − normal · mean(weight·dy·normal))
        const slope = tf.mul(scale, weight);
        const tilt = tf.mul(
          meanOf(tf.mul(along, weight)),
          tf.square(scale),
        );
        const shift = tf.mul(meanOf(tf.mul(sums, weight)), scale);
        const straight = tf.mul(dy, spread(slope));
        const tilted = tf.mul(centred, spread(tilt));
        const dx = tf.sub(tf.sub(straight, tilted), spread(shift));
        return [dx, tf.sum(along, 0), tf.sum(sums, 0)];
      },
    };
  });
  return apply(x, weight, bias);
}

/**
 * Sums over pixels `[N, C]` as means of each group, again one a channel. Two products with a thin
 * matrix, so that nothing of another rank is needed.
 */
function groupMeans(tf: Tf, sums: Tensor, members: Tensor2D): Tensor {
  const totals = tf.matMul(sums as Tensor2D, members);
  return tf.matMul(totals, members, false, true);
}

/**
 * `[channels, groups]`, not zero where a channel belongs to a group: 1/√size, since both products
 * use it and a mean over `size` values is wanted.
 */
function groupMembers(
  tf: Tf,
  { channels, groups, size }: {
    channels: number;
    groups: number;
    size: number;
  },
): Tensor2D {
  const values = new Float32Array(channels * groups);
  for (let channel = 0; channel < channels; channel++) {
    const group = Math.floor(channel * groups / channels);
    values[channel * groups + group] = 1 / Math.sqrt(size);
  }
  return tf.tensor2d(values, [channels, groups]);
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
