/** Growth of memory over many turns. */

import { median } from "../summarise.ts";

/**
 * How much more memory the last quarter of the turns holds than the second one, as a part of it;
 * medians, so that a single turn at its peak counts little.
 */
export function growth(memory: readonly number[]): number {
  const quarter = memory.length >> 2;
  const before = median(memory.slice(quarter, 2 * quarter));
  return median(memory.slice(-quarter)) / before - 1;
}
