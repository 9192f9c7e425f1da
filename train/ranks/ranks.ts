import { availableParallelism } from "node:os";

/** The processes that train one model together. */
export interface Ranks {
  /** Number of this process, 0 … size − 1. */
  readonly rank: number;
  /** Number of processes. */
  readonly size: number;
  /** Number of this process among those of its machine. */
  readonly localRank: number;
  /** Number of processes on its machine. */
  readonly localSize: number;
  /** Replaces `values` on every rank by their sum over all ranks. */
  sum(values: Float32Array): Promise<void>;
  /** Waits until every rank is here. */
  barrier(): Promise<void>;
  /** Takes leave of the others. Nothing may be called afterwards. */
  close(): void;
  /** Ends the processes of all ranks with `code`. */
  abort(code: number): void;
}

/** Threads that each of several processes on one machine gets; of one alone the runtime decides. */
export function threadsOf(
  { localSize }: Ranks,
  cores: number = availableParallelism(),
): number | undefined {
  return localSize > 1 ? Math.max(1, Math.floor(cores / localSize)) : undefined;
}

/** One process alone. */
export const soloRank: Ranks = {
  rank: 0,
  size: 1,
  localRank: 0,
  localSize: 1,
  sum: () => Promise.resolve(),
  barrier: () => Promise.resolve(),
  close: () => {},
  abort: (code) => Deno.exit(code),
};
