import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { writeFileAtomically } from "../lib/core/files/write_file.ts";
import type { Run } from "./contender.ts";

/** What a process took besides its runs. */
export interface ProcessCost {
  readonly startSeconds?: number;
  readonly peakBytes?: number;
}

/** Runs of two contenders in turn. */
export interface Pair {
  readonly runs: readonly (readonly [Run, Run])[];
  readonly costs: readonly [ProcessCost, ProcessCost];
}

/** Pairs of contenders that were measured, so that a bench which was cut off goes on behind them. */
export interface KeptPairs {
  get(bench: string, first: string, other: string): Pair | undefined;
  add(bench: string, first: string, other: string, pair: Pair): Promise<void>;
}

/** Keeps nothing. */
export const noPairs: KeptPairs = {
  get: () => undefined,
  add: () => Promise.resolve(),
};

/**
 * Pairs that stand in a JSON file, which is written after each of them.
 *
 * @param machine A file of another machine is refused: its seconds cannot stand in one table.
 * @throws {RangeError} for a file of another machine or of something else.
 */
export async function keepPairs(
  path: string,
  machine: string,
): Promise<KeptPairs> {
  const pairs = existsSync(path) ? await readPairs(path, machine) : {};
  return {
    get: (...names) => pairs[key(names)],
    async add(bench, first, other, pair) {
      pairs[key([bench, first, other])] = pair;
      const text = JSON.stringify({ machine, pairs }, null, 1);
      await writeFileAtomically(path, text);
    },
  };
}

function key(names: readonly string[]): string {
  return names.join(" | ");
}

async function readPairs(
  path: string,
  machine: string,
): Promise<Record<string, Pair>> {
  const found = JSON.parse(await readFile(path, "utf8"));
  if (found?.machine !== machine || typeof found.pairs !== "object") {
    throw new RangeError(
      `File "${path}" holds pairs of another machine (${
        String(found?.machine).slice(0, 80)
      }), this one is ${machine}: name another file`,
    );
  }
  return found.pairs;
}
