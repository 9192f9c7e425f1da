/**
 * The operations of which losses are made, beside those of models.
 *
 * All of them take tokens, vectors, weights and numbers, whose axes every executor keeps in
 * PyTorch's order. A loss looks at an image as tokens, one a pixel ({@linkcode Ops.tokens}).
 */

import type { Ops } from "./ops.ts";

/** The operations on values of type `T` that a loss may call. */
export interface LossOps<T> extends Ops<T> {
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
  /** The absolute value; its derivative at 0 is 0. */
  abs(x: T): T;

  /** Logarithm of the softmax along the last axis. */
  logSoftmax(x: T): T;
  /** Sum of all elements, a scalar. */
  sum(x: T): T;
  /** Mean of all elements, a scalar. */
  mean(x: T): T;
}
