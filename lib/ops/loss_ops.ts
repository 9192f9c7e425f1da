/**
 * The operations of which losses are made, beside those of models.
 *
 * All of them take tokens, vectors, weights and numbers, whose axes every executor keeps in
 * PyTorch's order. A loss looks at an image as tokens, one a pixel ({@linkcode Ops.tokens}).
 */

import type { Ops } from "./ops.ts";

/** Options of {@linkcode LossOps.product}. */
export interface ProductOptions {
  /** Whether the last two axes of the first factor are exchanged. @default {false} */
  readonly transposeA?: boolean;
  /** Whether the last two axes of the second factor are exchanged. @default {false} */
  readonly transposeB?: boolean;
}

/** The operations on values of type `T` that a loss may call. */
export interface LossOps<T> extends Ops<T> {
  /** Numbers that no training changes. */
  constant(shape: readonly number[], values: Float32Array): T;

  /** `a − b`, element by element; axes of length one broadcast. */
  sub(a: T, b: T): T;
  /** `a / b`, element by element; axes of length one broadcast. */
  div(a: T, b: T): T;
  /** The larger of two, element by element; axes of length one broadcast. Of equals the first counts. */
  maximum(a: T, b: T): T;
  /** The smaller of two, element by element; axes of length one broadcast. Of equals the first counts. */
  minimum(a: T, b: T): T;
  /** 1 where `a ≥ b`, 0 elsewhere. Its derivative is 0. */
  atLeast(a: T, b: T): T;

  /** `eˣ`. */
  exp(x: T): T;
  /** The natural logarithm. */
  log(x: T): T;
  /** The square root. */
  sqrt(x: T): T;
  /** The absolute value; its derivative at 0 is 0. */
  abs(x: T): T;
  /** `1 / (1 + e⁻ˣ)`. */
  sigmoid(x: T): T;

  /** Products of matrices in the last two axes. */
  product(a: T, b: T, options?: ProductOptions): T;
  /** Softmax along the last axis. */
  softmax(x: T): T;
  /** Logarithm of the softmax along the last axis. */
  logSoftmax(x: T): T;
  /** Sum along the last axis, which is kept with length one. */
  sumWidth(x: T): T;
  /** Largest along the last axis, which is kept with length one. Its derivative is 0. */
  maxWidth(x: T): T;
  /** Sum of all elements, a scalar. */
  sum(x: T): T;
  /** Mean of all elements, a scalar. */
  mean(x: T): T;
}
