/** Normalisations, and normal forms `(x − μ) / √(σ² + eps)` with their factors `1 / √(σ² + eps)`. */

import type { Tensor } from "@tensorflow/tfjs";
import { directOps } from "./direct.ts";
import type { Tf } from "./tf.ts";

/** A normal form and what it was scaled by. */
export interface Normal {
  readonly normal: Tensor;
  readonly inverse: Tensor;
}

/** The normal form along the last axis (Ba et al. 2016). */
export function normalize(tf: Tf, x: Tensor, eps: number): Normal {
  const { add, mean, mul, rsqrt, square, sub } = directOps(tf);
  const lastAxis = { axes: [-1], keepDims: true };
  return tf.tidy(() => {
    const centred = sub(x, mean(x, lastAxis));
    const inverse = rsqrt(add(mean(square(centred), lastAxis), eps));
    return { normal: mul(centred, inverse), inverse };
  });
}

/** Group normalisation of an NHWC image (Wu & He 2018). */
export function groupNorm(
  tf: Tf,
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  options: { groups: number; eps: number },
): Tensor {
  const { add, mul } = directOps(tf);
  return tf.tidy(() => {
    const { centred, scale } = centre(tf, x, options);
    const slope = overPixels(tf, mul(scale, weight));
    return add(mul(centred, slope), bias);
  });
}

/** The normal form over groups of an NHWC image's channels; its factors are `[N, groups, 1]`. */
export function normalizeGroups(
  tf: Tf,
  x: Tensor,
  options: { groups: number; eps: number },
): Normal {
  const { mul, reshape } = directOps(tf);
  return tf.tidy(() => {
    const { centred, scale } = centre(tf, x, options);
    const [batch, channels] = scale.shape as [number, number];
    const each = channels / options.groups;
    const grouped = reshape(scale, [batch, options.groups, each]);
    return {
      normal: mul(centred, overPixels(tf, scale)),
      inverse: tf.slice(grouped, [0, 0, 0], [-1, -1, 1]),
    };
  });
}

/**
 * An image less its groups' means, and `1 / √(σ² + eps)` for each channel, `[N, C]`.
 *
 * Sums over pixels are taken channel by channel, which is how an image lies in memory; only those
 * small sums are then joined into groups.
 */
function centre(
  tf: Tf,
  x: Tensor,
  { groups, eps }: { groups: number; eps: number },
) {
  const { add, product, rsqrt, square, sub, sum } = directOps(tf);
  const members = groupMembers(tf, x.shape, groups);
  // two products with a thin matrix: nothing of another rank is needed
  const means = (x: Tensor) =>
    product(product(sum(x, { axes: [1, 2] }), members), members, { b: true });
  const centred = sub(x, overPixels(tf, means(x)));
  return { centred, scale: rsqrt(add(means(square(centred)), eps)) };
}

/** `[C]` or `[N, C]` in the shape in which it broadcasts over an NHWC image. */
export function overPixels(tf: Tf, x: Tensor): Tensor {
  const [channels, batch = 1] = x.shape.toReversed();
  return directOps(tf).reshape(x, [batch, 1, 1, channels!]);
}

/**
 * `[channels, groups]`, not zero where a channel belongs to a group: 1/√size, since both products
 * use it and a mean over `size` values is wanted.
 */
function groupMembers(
  tf: Tf,
  [, height, width, channels]: readonly number[],
  groups: number,
): Tensor {
  const size = height! * width! * channels! / groups;
  const values = new Float32Array(channels! * groups);
  for (let channel = 0; channel < channels!; channel++) {
    const group = Math.floor(channel * groups / channels!);
    values[channel * groups + group] = 1 / Math.sqrt(size);
  }
  return tf.tensor2d(values, [channels!, groups]);
}
