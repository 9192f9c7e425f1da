import type { WeightSource } from "../../../lib/ops/executor.ts";
import { sizeOf } from "../../../lib/core/tensor.ts";

/** Weights that lie in memory only. */
export function memoryWeights(
  weights: Readonly<
    Record<string, { shape: readonly number[]; data: ArrayLike<number> }>
  > = {},
): WeightSource {
  return {
    names: () => Object.keys(weights).sort(),
    info: (name) => {
      const weight = weights[name];
      if (weight === undefined) return undefined;
      const { shape } = weight;
      return { dtype: "F32", shape, offset: 0, length: 4 * sizeOf(shape) };
    },
    read: (name) => Promise.resolve(Float32Array.from(weights[name]!.data)),
  };
}
