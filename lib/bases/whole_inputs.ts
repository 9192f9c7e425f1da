import type { Tensor } from "../core/tensor.ts";

const wholes = new WeakSet<Tensor>();

/**
 * Marks inputs whose first axis is not the batch. Steps without guidance have one row in place of
 * two, and must not take a half of these.
 */
export function whole<V extends Readonly<Record<string, Tensor>>>(
  inputs: V,
): V {
  for (const x of Object.values(inputs)) wholes.add(x);
  return inputs;
}

/** Whether a tensor was marked by {@linkcode whole}. */
export function isWhole(x: Tensor): boolean {
  return wholes.has(x);
}
