import { existsSync } from "node:fs";
import { join } from "node:path";
import { LocRefError } from "../../lib/core/error.ts";
import { baselinesSet } from "./baselines/baselines_set.ts";
import { type CasesOfSet, casesOfSet, type GoldenSet } from "./golden_set.ts";
import { firstSet } from "./first_set.ts";
import { secondSet } from "./second/second_set.ts";

/** Every set of golden files. A folder may hold several. */
export const goldenSets: readonly GoldenSet[] = [
  firstSet,
  secondSet,
  baselinesSet,
];

/**
 * The cases of all sets that lie in `dir`.
 *
 * @throws {LocRefError} `file-missing` if none does.
 */
export async function casesOfFolder(dir: string): Promise<CasesOfSet> {
  const present = goldenSets.filter(({ marker }) =>
    existsSync(join(dir, marker))
  );
  if (present.length === 0) {
    throw new LocRefError("file-missing", `${dir} holds no golden files`);
  }
  const all = await Promise.all(present.map((set) => casesOfSet(set, dir)));
  return {
    cases: all.flatMap(({ cases }) => cases),
    notBuilt: all.flatMap(({ notBuilt }) => notBuilt),
  };
}
