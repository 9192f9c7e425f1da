import type { Contender } from "./contender.ts";
import { python } from "./paths.ts";

/** Options of all comparisons and reports. */
export interface BenchOptions {
  /** Whether to run the peers, which `deno task bench:setup` brings. */
  peers: boolean;
  /** Threads of everybody. */
  threads: number;
  /** Small models, as a proof that all of it runs; where a comparison has them. @default {false} */
  tiny?: boolean;
}

/** Makes contenders that know how many threads they have. */
export interface Contenders {
  /** A worker of `bench/workers`. */
  ours(name: string, worker: string, ...args: string[]): Contender;
  /** A program of `bench/peers`. */
  peer(name: string, script: string, ...args: string[]): Contender;
}

/** Contenders of `threads` threads each. */
export function contenders({ threads }: BenchOptions): Contenders {
  const tail = ["--threads", String(threads)];
  return {
    ours: (name, worker, ...args) => ({
      name,
      command: [
        ...[Deno.execPath(), "run", "-A", "--no-check"],
        ...[`bench/workers/${worker}.ts`, ...args, ...tail],
      ],
    }),
    peer: (name, script, ...args) => ({
      name,
      peer: true,
      command: [python, `bench/peers/${script}.py`, ...args, ...tail],
    }),
  };
}
