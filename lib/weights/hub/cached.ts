import { join } from "node:path";
import { shorten } from "../../core/quote.ts";
import { LocRefError } from "../../core/error.ts";
import {
  isWhole,
  listSnapshot,
  readListing,
  readRef,
  type RepoCache,
  snapshotFolder,
} from "./cache.ts";

/** Picks the files that are needed from the paths of all; throws where one is missing. */
export type Selector = (paths: readonly string[]) => readonly string[];

/** A revision as far as the cache holds it. */
export interface Cached {
  readonly commit: string;
  readonly folder: string;
  /** Names or describes what is missing; absent where nothing that is needed is. */
  readonly lacks?: string;
  /**
   * Whether it is known which files the commit has. Else files that may be absent, such as the map
   * of special tokens, may be on the hub and not have come.
   */
  readonly certain: boolean;
}

/** Finds out whether what `select` asks for is in the cache; `exact`: the paths are given. */
export async function findCached(
  cache: RepoCache,
  { revision, select, exact }: {
    revision: string;
    select: Selector;
    exact: boolean;
  },
): Promise<Cached | undefined> {
  const commit = await readRef(cache, revision);
  if (commit === undefined) return undefined;
  const folder = snapshotFolder(cache, commit);
  const listing = await readListing(cache, commit);
  const certain = listing !== undefined || exact;
  let wanted: readonly string[];
  try {
    wanted = select(
      listing ? [...listing.keys()] : await listSnapshot(folder),
    );
  } catch (error) {
    if (!(error instanceof LocRefError)) throw error;
    return { commit, folder, certain, lacks: error.message };
  }
  const lost: string[] = [];
  for (const path of wanted) {
    const size = listing?.get(path)?.size;
    if (!await isWhole(join(folder, path), size)) lost.push(path);
  }
  const lacks = lost.length > 0 ? `missing: ${listNames(lost)}` : undefined;
  return { commit, folder, certain, lacks };
}

/** Names for a message, the first few where there are many. */
export function listNames(names: readonly string[]): string {
  const shown = names.slice(0, 8).map((name) => shorten(name)).join(", ");
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown;
}
