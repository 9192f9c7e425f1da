/** The report that `deno audit` prints. */

import { type Lock, packagesReached, splitKey } from "./lock.ts";

/** Result of an audit. */
export interface Audit {
  /** Why there is no result; the other lists are empty then. */
  readonly skipped?: string;
  /** Packages with advisories that pictures are made with. */
  readonly inference: readonly string[];
  /** Packages with advisories that only training, setup or tests use. */
  readonly others: readonly string[];
}

/** Reads the output of `deno audit`. */
export function readAudit(
  output: string,
  lock: Lock,
  roots: readonly string[],
): Audit {
  const unreached = /Failed to get data from the registry: .*/.exec(output);
  if (unreached !== null) {
    return { skipped: unreached[0], inference: [], others: [] };
  }
  const names = new Set(
    [...output.matchAll(/^│ Package: +(\S+)$/gm)].map(([, name]) => name!),
  );
  const used = new Set(
    [...packagesReached(lock, roots)].map((key) => splitKey(key).name),
  );
  return {
    inference: [...names].filter((name) => used.has(name)).sort(),
    others: [...names].filter((name) => !used.has(name)).sort(),
  };
}
