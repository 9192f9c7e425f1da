import { join } from "node:path";
import { LocRefError } from "../error.ts";
import {
  isWhole,
  listSnapshot,
  readListing,
  readRef,
  type RepoCache,
  repoCache,
  snapshotFolder,
  writeListing,
  writeRef,
} from "./hub_cache.ts";
import { fetchFiles, type FetchFilesOptions } from "./hub_fetch_files.ts";
import { listCommit, resolveRevision } from "./hub_listing.ts";
import { parseHubName } from "./hub_name.ts";
import {
  hubContext,
  type HubContextOptions,
  type HubRequestContext,
} from "./hub_request.ts";
import { type HubOptions, hubSettings } from "./hub_settings.ts";
import { isPickleName, refusePickles } from "./pickle_files.ts";
import { matchesAny } from "./path_patterns.ts";

/** Options of {@linkcode fetchFile}. */
export interface FetchFileOptions
  extends HubOptions, HubContextOptions, FetchFilesOptions {
  /**
   * Whether to ask the hub where a branch is now, also when the files of an earlier commit are in
   * the cache.
   *
   * @default {false}
   */
  refresh?: boolean;
}

/** Options of {@linkcode fetchRepo}. */
export interface FetchRepoOptions extends FetchFileOptions {
  /** Paths of the files that are needed. */
  files?: readonly string[];
  /** Or patterns of them, in which `*` stands for any characters. Pickles are left out. */
  patterns?: readonly string[];
  /**
   * Or a function that picks them from the paths of all files. It throws where something needed is
   * not among them.
   */
  select?: (paths: readonly string[]) => readonly string[];
}

/**
 * Fetches files of a repository into the Hugging Face cache, shared with Python.
 *
 * What is in the cache is used without a request. Otherwise the revision is resolved to a commit,
 * and only the files that are missing are fetched, several at once, each by one process while
 * others wait. A file's name appears only once its hash is the one that the hub lists. What came
 * before a cut or an abort is kept and goes on next time.
 *
 * @returns the folder of the snapshot, in which the files have their paths.
 * @throws {LocRefError} `hub`, in a sentence that says what to do.
 * @throws the reason of `signal` once it is aborted.
 */
export async function fetchRepo(
  id: string,
  options: FetchRepoOptions = {},
): Promise<string> {
  const name = parseHubName(id);
  if (name === undefined || name.path !== undefined) {
    throw new TypeError(
      `${
        JSON.stringify(id)
      } is no name of a repository on the hub: expected "organisation/repository"`,
    );
  }
  options.signal?.throwIfAborted();
  refusePickles(options.files ?? [], name.id);
  const settings = await hubSettings(options);
  const context = hubContext(name, settings, options);
  const { revision } = context;
  const cache = repoCache(settings.cacheDir, name.id);
  const select = selector(options, name.id);
  if (!options.refresh) {
    const cached = await findCached(cache, revision, select);
    if (cached !== undefined) return cached;
  }
  if (settings.offline) {
    throw new LocRefError(
      "hub",
      `${name.id} at revision "${revision}" is not (or not whole) in ${settings.cacheDir}, and HF_HUB_OFFLINE forbids to fetch it`,
    );
  }
  return await fetchSnapshot(cache, context, select, options);
}

/**
 * Fetches one file of a repository into the Hugging Face cache; see {@linkcode fetchRepo}.
 *
 * @returns the file's path in the snapshot.
 */
export async function fetchFile(
  id: string,
  path: string,
  options: FetchFileOptions = {},
): Promise<string> {
  return join(await fetchRepo(id, { ...options, files: [path] }), path);
}

type Selector = (paths: readonly string[]) => readonly string[];

function selector(options: FetchRepoOptions, id: string): Selector {
  const { files, patterns, select } = options;
  if (select) return select;
  if (files) {
    return (paths) => {
      const lost = files.filter((file) => !paths.includes(file));
      if (lost.length === 0) return files;
      throw new LocRefError("hub", `${id} has no file ${lost.join(", ")}`);
    };
  }
  return (paths) => {
    const chosen = paths.filter((path) =>
      !isPickleName(path) &&
      (patterns === undefined || matchesAny(path, patterns))
    );
    if (chosen.length > 0) return chosen;
    throw new LocRefError(
      "hub",
      `${id} has no file like ${patterns?.join(", ") ?? "*"}`,
    );
  };
}

/** The snapshot folder, if everything that `select` asks for is in it. */
async function findCached(
  cache: RepoCache,
  revision: string,
  select: Selector,
): Promise<string | undefined> {
  const commit = await readRef(cache, revision);
  if (commit === undefined) return undefined;
  const folder = snapshotFolder(cache, commit);
  const listing = await readListing(cache, commit);
  let wanted: readonly string[];
  try {
    wanted = select(
      listing ? [...listing.keys()] : await listSnapshot(folder),
    );
  } catch (error) {
    // Without a listing, what is not there may still be on the hub.
    if (listing && !(error instanceof LocRefError)) throw error;
    return undefined;
  }
  for (const path of wanted) {
    const size = listing?.get(path)?.size;
    if (!await isWhole(join(folder, path), size)) return undefined;
  }
  return folder;
}

async function fetchSnapshot(
  cache: RepoCache,
  context: HubRequestContext,
  select: Selector,
  options: FetchRepoOptions,
): Promise<string> {
  const commit = await resolveRevision(context);
  let listing = await readListing(cache, commit);
  if (listing === undefined) {
    listing = await listCommit(context, commit);
    await writeListing(cache, commit, listing);
  }
  const wanted = select([...listing.keys()].sort());
  refusePickles(wanted, context.id);
  await fetchFiles(
    { cache, context, commit, listing, options },
    [...new Set(wanted)],
  );
  await writeRef(cache, context.revision, commit);
  return snapshotFolder(cache, commit);
}
