import type { WeightSource } from "../../ops/executor.ts";
import { sizeOf } from "../../core/tensor.ts";
import { addDifference, type Difference } from "./difference.ts";

/**
 * The weights of `source` with differences added while they are read. Other weights stay where they
 * lie, so that a file can stay mapped; nothing is kept.
 *
 * @param changes Differences by the name of the weight, in the order in which they are added.
 */
export function mergedWeights(
  source: WeightSource,
  changes: ReadonlyMap<string, readonly Difference[]>,
): WeightSource {
  if (changes.size === 0) return source;
  return {
    names: () => source.names(),
    info(name) {
      const info = source.info(name);
      if (info === undefined || !changes.has(name)) return info;
      const length = 4 * sizeOf(info.shape);
      return { dtype: "F32", shape: info.shape, offset: 0, length };
    },
    async read(name) {
      let values = await source.read(name);
      for (const one of changes.get(name) ?? []) {
        values = await addDifference(values, one);
      }
      return values;
    },
  };
}
