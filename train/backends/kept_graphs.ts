import { freeMemory } from "../../lib/pipeline/programs/free_memory.ts";

/** Compiled forms that are kept for batches of different shapes, whatever memory is free. */
const leastKept = 3;

/** Compiled forms that are kept where memory allows: a run of several sizes comes to each again. */
const mostKept = 8;

/** Whether one more compiled form fits. Each holds the memory of its largest run. */
export function hasRoomBeside(kept: number): boolean {
  if (kept < leastKept) return true;
  const each = Deno.memoryUsage().rss / kept;
  return kept < mostKept && (freeMemory() ?? 0) > 2 * each;
}
