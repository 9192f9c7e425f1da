import type { Random } from "../../lib/core/random.ts";

/** The list in another order, the same for the same stream (Fisher and Yates). */
export function shuffled<T>(list: readonly T[], stream: Random): T[] {
  const result = [...list];
  for (let i = result.length - 1; i > 0; i--) {
    const j = stream.integer(i + 1);
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}
