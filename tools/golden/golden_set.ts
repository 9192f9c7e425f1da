import { existsSync } from "node:fs";
import { join } from "node:path";
import type { GoldenCase } from "./golden_case.ts";

/** A case that a set's README names, whether or not code runs it. */
export interface ListedCase {
  /** Its name, or what the names of several begin with: `sdxl.text` is also `sdxl.text.pooled`. */
  readonly name: string;
  /** A file without which the set does not hold the case. */
  readonly file: string;
}

/** Some cases of a set, in a file of their own, so that several people add cases side by side. */
export type GoldenGroup = (
  dir: string,
) => readonly GoldenCase[] | Promise<readonly GoldenCase[]>;

/** A set of golden files: how a folder of it is recognised, and what is compared with it. */
export interface GoldenSet {
  readonly name: string;
  /** A file that every folder of the set holds. */
  readonly marker: string;
  /** Every case that the set's README names. Absent where the groups run all of them. */
  readonly listed?: readonly ListedCase[];
  readonly groups: readonly GoldenGroup[];
}

/** The cases of a set that lie in a folder. */
export interface CasesOfSet {
  readonly cases: readonly GoldenCase[];
  /** Names of cases whose files lie in the folder and that no code runs. */
  readonly notBuilt: readonly string[];
}

/** The cases of `set` whose files lie in `dir`. */
export async function casesOfSet(
  { listed = [], groups }: GoldenSet,
  dir: string,
): Promise<CasesOfSet> {
  const built: GoldenCase[] = [];
  for (const group of groups) built.push(...await group(dir));
  const held = ({ file }: ListedCase) => existsSync(join(dir, file));
  const left = new Set(listed.filter(held));
  const cases = built.filter(({ name }) => {
    const entry = entryOf(name, listed);
    if (entry === undefined) return true;
    const lies = held(entry);
    left.delete(entry);
    return lies;
  });
  return { cases, notBuilt: [...left].map(({ name }) => name) };
}

/** The entry that a case belongs to: the longest that its name begins with. */
function entryOf(
  name: string,
  listed: readonly ListedCase[],
): ListedCase | undefined {
  return listed
    .filter((one) => name === one.name || name.startsWith(`${one.name}.`))
    .sort((a, b) => b.name.length - a.name.length)[0];
}
