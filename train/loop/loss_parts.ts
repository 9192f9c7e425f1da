/** Small parts of losses. */

import type { LossOps } from "../../lib/ops/loss_ops.ts";

/** A number as a constant. */
export function number<T>(ops: LossOps<T>, value: number): T {
  return ops.constant([], Float32Array.of(value));
}

/** `x²`. */
export function square<T>(ops: LossOps<T>, x: T): T {
  return ops.mul(x, x);
}

/** `x`, but at least `low` and at most `high`. */
export function clamp<T>(
  ops: LossOps<T>,
  x: T,
  low: number,
  high: number,
): T {
  const raised = ops.maximum(x, number(ops, low));
  return ops.minimum(raised, number(ops, high));
}

/** The sum of at least one value. */
export function addAll<T>(ops: LossOps<T>, values: readonly T[]): T {
  return values.reduce((sum, value) => ops.add(sum, value));
}

/** The mean of at least one value. */
export function meanOf<T>(ops: LossOps<T>, values: readonly T[]): T {
  return ops.scale(addAll(ops, values), 1 / values.length);
}

/** The matrix with ones on its diagonal. */
export function eye<T>(ops: LossOps<T>, size: number): T {
  const values = new Float32Array(size * size);
  for (let i = 0; i < size; i++) values[i * (size + 1)] = 1;
  return ops.constant([size, size], values);
}
