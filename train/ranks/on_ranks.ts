import { openRanks } from "./mpi.ts";
import type { Ranks } from "./ranks.ts";

/** Runs `work` on this process's rank and closes it; an error on one rank ends all of them. */
export async function onRanks<T>(
  work: (ranks: Ranks) => Promise<T>,
): Promise<T> {
  const ranks = openRanks();
  try {
    return await work(ranks);
  } catch (error) {
    if (ranks.size > 1) {
      console.error((error as Error).message);
      ranks.abort(1);
    }
    throw error;
  } finally {
    ranks.close();
  }
}
