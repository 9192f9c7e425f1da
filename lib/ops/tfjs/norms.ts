/** Normalisations with gradients written out: a third of the passes that the tape would make. */

import type { Tensor, Tensor2D } from "@tensorflow/tfjs";
import { type DirectOps, directOps } from "./direct.ts";
import type { Tf } from "./tf.ts";

/** Layer normalisation along the last axis (Ba et al. 2016), differentiable. */
export function layerNorm(
  tf: Tf,
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  eps: number,
): Tensor {
  const ops = directOps(tf);
  const { add, mul, sum } = ops;
  const apply = tf.customGrad((...inputs) => {
    const [x, weight, bias, save] = inputs as unknown as [
      Tensor,
      Tensor,
      Tensor,
      SaveTensors,
    ];
    const { normal, scale } = standardise(ops, x, eps);
    save([normal, scale, weight]);
    return {
      value: add(mul(normal, weight), bias),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [normal, scale, weight] = saved as [Tensor, Tensor, Tensor];
        const rows = { axes: rowsBut(x.shape.length, 1) };
        const dx = standardiseGradient(ops, mul(dy, weight), normal, scale);
        return [dx, sum(mul(dy, normal), rows), sum(dy, rows)];
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
  const ops = directOps(tf);
  const { add, mul, reshape, rsqrt, square, sub, sum } = ops;
  const spread = (x: Tensor) => reshape(x, [batch, 1, 1, channels]);
  const pixels = { axes: [1, 2] };
  const apply = tf.customGrad((...inputs) => {
    const [x, weight, bias, save] = inputs as unknown as [
      Tensor,
      Tensor,
      Tensor,
      SaveTensors,
    ];
    const members = groupMembers(tf, { channels, groups, size });
    const meanOf = (sums: Tensor) => groupMeans(ops, sums, members);
    const centred = sub(x, spread(meanOf(sum(x, pixels))));
    const variance = meanOf(sum(square(centred), pixels));
    const scale = rsqrt(add(variance, eps));
    save([centred, scale, weight, members]);
    const slope = spread(mul(scale, weight));
    return {
      value: add(mul(centred, slope), bias),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [centred, scale, weight, members] = saved as [
          Tensor,
          Tensor,
          Tensor,
          Tensor,
        ];
        const meanOf = (sums: Tensor) => groupMeans(ops, sums, members);
        const sums = sum(dy, pixels);
        const along = mul(sum(mul(dy, centred), pixels), scale);
        // dx = scale · (weight·dy − mean(weight·dy) − normal · mean(weight·dy·normal))
        const slope = mul(scale, weight);
        const tilt = mul(meanOf(mul(along, weight)), square(scale));
        const shift = mul(meanOf(mul(sums, weight)), scale);
        const straight = mul(dy, spread(slope));
        const tilted = mul(centred, spread(tilt));
        const dx = sub(sub(straight, tilted), spread(shift));
        const rows = { axes: [0] };
        return [dx, sum(along, rows), sum(sums, rows)];
      },
    };
  });
  return apply(x, weight, bias);
}

/**
 * Sums over pixels `[N, C]` as means of each group, again one a channel. Two products with a thin
 * matrix, so that nothing of another rank is needed.
 */
function groupMeans(
  { product }: DirectOps,
  sums: Tensor,
  members: Tensor,
): Tensor {
  return product(product(sums, members), members, { b: true });
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

/** `(x − mean) / √(variance + eps)` along the last axis, and the factor it was scaled by. */
function standardise(
  { add, mean, mul, rsqrt, square, sub }: DirectOps,
  x: Tensor,
  eps: number,
): { normal: Tensor; scale: Tensor } {
  const centred = sub(x, mean(x, lastAxis));
  const variance = mean(square(centred), lastAxis);
  const scale = rsqrt(add(variance, eps));
  return { normal: mul(centred, scale), scale };
}

function standardiseGradient(
  { mean, mul, sub }: DirectOps,
  dNormal: Tensor,
  normal: Tensor,
  scale: Tensor,
): Tensor {
  const along = mean(mul(dNormal, normal), lastAxis);
  const centred = sub(dNormal, mean(dNormal, lastAxis));
  return mul(sub(centred, mul(normal, along)), scale);
}

const lastAxis = { axes: [-1], keepDims: true };

function rowsBut(rank: number, last: number): number[] {
  return Array.from({ length: rank - last }, (_, i) => i);
}
