import type { WeightSource } from "../../ops/executor.ts";
import { isIntegerType, isReadType } from "./dtypes.ts";

/** Reads all values of a source and says which tensors hold NaN or infinity, and how many. */
export async function findNonFinite(
  source: WeightSource,
): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const name of source.names()) {
    const { dtype } = source.info(name)!;
    if (isIntegerType(dtype) || !isReadType(dtype)) continue;
    const count = countNonFinite(await source.read(name));
    if (count > 0) found.set(name, count);
  }
  return found;
}

/** How many values are NaN or infinite. */
export function countNonFinite(values: Float32Array): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    // Only a finite number differs from itself by nothing.
    if (values[i]! - values[i]! !== 0) count++;
  }
  return count;
}
