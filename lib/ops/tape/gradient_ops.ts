/** The operations of which derivatives are made, beside those of models and losses. */

import type { LossOps } from "../loss_ops.ts";
import type { Conv2dOptions, ProductOptions } from "../ops.ts";

/** Options of {@linkcode GradientOps.product}. */
export interface ScaledProductOptions extends ProductOptions {
  /** Factor of the product. @default {1} */
  readonly factor?: number;
}

/** The operations on values of type `T` that rules of derivatives may call; all shapes are known. */
export interface GradientOps<T> extends LossOps<T> {
  /** The shape as the executor holds it: of images in its own layout, of all else in PyTorch's. */
  shapeOf(x: T): readonly number[];

  /** Products of matrices in the last two axes, times a factor. */
  product(a: T, b: T, options?: ScaledProductOptions): T;

  /** The same elements in another shape. Not of images. */
  reshape(x: T, shape: readonly number[]): T;
  /** The axes in another order. Not of images. */
  transpose(x: T, order: readonly number[]): T;
  /** A number, or a value with axes of length one, repeated to `shape`. Not an image. */
  expand(x: T, shape: readonly number[]): T;
  /** Sum along `axes`, kept with length one. */
  sumAxes(x: T, axes: readonly number[]): T;
  /** Sum of several values of one shape. */
  addAll(values: readonly T[]): T;
  /** Joins values along an axis. Not images. */
  concat(values: readonly T[], axis: number): T;
  /** `length` elements from `start` on along an axis. Not of images. */
  slice(x: T, axis: number, start: number, length: number): T;
  /** Zeros put before and after along an axis. Not of images. */
  pad(x: T, axis: number, before: number, after: number): T;

  /** −1, 0 or 1. */
  sign(x: T): T;
  /** The error function. */
  erf(x: T): T;
  /** `(1 + x) / 2` of values from −1 to 1. */
  toUnit(x: T): T;

  /** A table like `table` in whose row `ids[n, t]` all `rows[n, t]` are summed. */
  addRows(ids: T, rows: T, table: T): T;
  /** Normal form along the last axis, `(x − μ) / √(σ² + eps)`, and `1 / √(σ² + eps)`, with length one there. */
  normalize(x: T, eps: number): { normal: T; inverse: T };

  /** Normal form over groups of an image's channels, and its factors `[N, groups, 1]`. */
  normalizeGroups(
    image: T,
    options: { groups: number; eps: number },
  ): { normal: T; inverse: T };
  /** A value a channel, `[C]` or `[N, C]`, in the shape in which it broadcasts over an image. */
  overPixels(vector: T): T;
  /** Sum over an image's pixels, `[N, C]`. */
  sumPixels(image: T): T;
  /** Sum over all pixels of all images, `[C]`. */
  sumBatchPixels(image: T): T;
  /** `length` channels of an image from `start` on. */
  sliceChannels(image: T, start: number, length: number): T;
  /** The derivative of a convolution by its input, an image of the shape of `x`. */
  conv2dByInput(dy: T, weight: T, x: T, options: Conv2dOptions): T;
  /** The derivative of a convolution by its weight, of the shape of `weight`. */
  conv2dByWeight(dy: T, x: T, weight: T, options: Conv2dOptions): T;
  /** The derivative of {@linkcode Ops.upsample}: each pixel of `x` gets the sum of its copies. */
  sumCopies(dy: T, x: T): T;
  /** Number of channels of an image. */
  channelsOf(image: T): number;

  /**
   * `x`, but not before all of `after` were computed: what is computed of it cannot be moved before
   * that, nor joined with what was computed of `x` itself.
   */
  barrier(x: T, after: readonly T[]): T;
  /** Runs a part; values that it made and did not return may be freed. */
  within<V>(part: () => V): V;
  /** Runs a part that is the last to read `values`, which may be freed. What it returns is its own. */
  spend(
    values: readonly T[],
    make: () => (T | undefined)[],
  ): (T | undefined)[];
}
