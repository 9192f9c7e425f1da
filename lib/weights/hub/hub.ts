import { join } from "node:path";
import { quote, shorten } from "../../core/quote.ts";
import { LocRefError } from "../../core/error.ts";
import { refusedPermission } from "../../core/machine/permissions.ts";
import {
  type HubListing,
  readListing,
  type RepoCache,
  repoCache,
  snapshotFolder,
  writeListing,
  writeRef,
} from "./cache.ts";
import { type Cached, findCached, listNames, type Selector } from "./cached.ts";
import {
  fetchFiles,
  type FetchFilesJob,
  type FetchFilesOptions,
} from "./fetch_files.ts";
import { listCommit, resolveRevision } from "./listing.ts";
import { type HubName, parseHubName } from "./name.ts";
import {
  hubContext,
  type HubContextOptions,
  type HubRequestContext,
} from "./request.ts";
import { type HubOptions, hubSettings } from "./settings.ts";
import { isPickleName, refusePickles } from "../identify/pickle_files.ts";
import { matchesAny } from "./path_patterns.ts";

/** Options of {@linkcode fetchFile}. */
export interface FetchFileOptions
  extends HubOptions, HubContextOptions, FetchFilesOptions {
  /**
   * Whether to resolve a branch on the hub again, even if the files of an older commit are cached.
   *
   * @default {false}
   */
  refresh?: boolean;
}

/** Options of {@linkcode fetchRepo}. */
export interface FetchRepoOptions extends FetchFileOptions {
  /** Paths of the files that are needed. */
  files?: readonly string[];
  /** Whether pickles may be among `files`, for those who take only tensors out. @default {false} */
  pickles?: boolean;
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
 * Files known to be complete in the cache are used without a request. A snapshot of another program
 * does not record its missing files, so it is compared with the hub's list of files once. Otherwise
 * the revision is resolved to a commit, and only missing files are fetched, several at once. One
 * process fetches a file while others wait. A file gets its name only once its hash matches the
 * hub's. Bytes received before a cut or an abort are kept, and the next run continues there.
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
        quote(id)
      } is no name of a repository on the hub: expected "organisation/repository"`,
    );
  }
  options.signal?.throwIfAborted();
  if (!options.pickles) refusePickles(options.files ?? [], name.id);
  try {
    return await fetchNamed(name, options);
  } catch (error) {
    const reason = `${name.id} is kept in the hub's cache`;
    throw refusedPermission(error, { read: reason, write: reason }) ?? error;
  }
}

async function fetchNamed(
  name: HubName,
  options: FetchRepoOptions,
): Promise<string> {
  const settings = await hubSettings(options);
  const context = hubContext(name, settings, options);
  const { revision } = context;
  const cache = repoCache(settings.cacheDir, name.id);
  const select = selector(options, name.id);
  const cached = options.refresh ? undefined : await findCached(cache, {
    revision,
    select,
    exact: options.files !== undefined,
  });
  if (cached && cached.lacks === undefined) {
    return cached.certain || settings.offline
      ? cached.folder
      : await completeCached(cache, context, { cached, select, options });
  }
  if (settings.offline) {
    throw notInCache(name.id, revision, settings.cacheDir, cached);
  }
  return await fetchSnapshot(cache, context, select, options);
}

function notInCache(
  id: string,
  revision: string,
  cacheDir: string,
  cached: Cached | undefined,
): LocRefError {
  const state = cached === undefined
    ? `is not in ${cacheDir}`
    : `is not whole in ${cacheDir} (${cached.lacks})`;
  return new LocRefError(
    "hub",
    `${id} at revision ${
      quote(revision)
    } ${state}, and HF_HUB_OFFLINE forbids to fetch it`,
  );
}

/**
 * Fetches one file of a repository into the Hugging Face cache; see {@linkcode fetchRepo}.
 *
 * @returns the file's path in the snapshot.
 */
export async function fetchFile(
  id: string,
  path: string,
  options: FetchFileOptions & Pick<FetchRepoOptions, "pickles"> = {},
): Promise<string> {
  return join(await fetchRepo(id, { ...options, files: [path] }), path);
}

function selector(options: FetchRepoOptions, id: string): Selector {
  const { files, patterns, select } = options;
  if (select) return select;
  if (files) {
    return (paths) => {
      const lost = files.filter((file) => !paths.includes(file));
      if (lost.length === 0) return files;
      throw new LocRefError("hub", `${id} has no file ${listNames(lost)}`);
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
      `${id} has no file like ${listNames(patterns ?? ["*"])}`,
    );
  };
}

/**
 * Completes a snapshot that holds all that is needed, but may lack what is not, as an interrupted
 * download of Python leaves it. Where the hub is out of reach, it is used as it is.
 */
async function completeCached(
  cache: RepoCache,
  context: HubRequestContext,
  { cached, select, options }: {
    cached: Cached;
    select: Selector;
    options: FetchRepoOptions;
  },
): Promise<string> {
  const { commit, folder } = cached;
  // Optional files are worth one short try only.
  const retry = { ...context.retry, attempts: 1 };
  retry.timeout = Math.min(retry.timeout ?? 10_000, 10_000);
  let listing: HubListing;
  try {
    listing = await listCommit({ ...context, retry }, commit);
  } catch (error) {
    if (!(error instanceof LocRefError) && !isRefusedByDeno(error)) throw error;
    (options.onWarning ?? console.warn)(
      `Whether ${context.id} is whole in the cache could not be found out (${
        shorten((error as Error).message, 300)
      }), so it is used as it is`,
    );
    return folder;
  }
  await writeListing(cache, commit, listing);
  const job = { cache, context, commit, listing, options };
  await bringFiles(job, select, options.pickles);
  return folder;
}

function isRefusedByDeno(error: unknown): boolean {
  return ["NotCapable", "PermissionDenied"].includes((error as Error).name);
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
  const job = { cache, context, commit, listing, options };
  await bringFiles(job, select, options.pickles);
  await writeRef(cache, context.revision, commit);
  return snapshotFolder(cache, commit);
}

async function bringFiles(
  job: FetchFilesJob,
  select: Selector,
  pickles = false,
): Promise<void> {
  const wanted = select([...job.listing.keys()].sort());
  if (!pickles) refusePickles(wanted, job.context.id);
  await fetchFiles(job, [...new Set(wanted)]);
}
