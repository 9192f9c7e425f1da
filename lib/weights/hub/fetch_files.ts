import { stat } from "node:fs/promises";
import { join } from "node:path";
import { checkDiskSpace, freeBytes } from "./disk_space.ts";
import { withFileLock } from "./file_lock.ts";
import {
  blobName,
  type HubFile,
  type HubListing,
  isWhole,
  linkBlob,
  type RepoCache,
  snapshotFolder,
} from "./cache.ts";
import { download } from "./download.ts";
import { partOf } from "./unfinished_file.ts";
import { type HubProgress, ProgressCounter } from "./progress.ts";
import type { HubRequestContext } from "./request.ts";

/** How files are brought into the cache. */
export interface FetchFilesOptions {
  /** Called about ten times a second with the progress. */
  onProgress?: (progress: HubProgress) => void;
  /** Called with warnings, such as files stored twice. @default {console.warn} */
  onWarning?: (message: string) => void;
  /** Files fetched at once. @default {4} */
  concurrency?: number;
  /** Bytes free in a folder. @default the system's value, where Deno permits reading it */
  freeBytes?: (folder: string) => Promise<number | undefined>;
}

/** A commit of a repository whose files are wanted. */
export interface FetchFilesJob {
  readonly cache: RepoCache;
  readonly context: HubRequestContext;
  readonly commit: string;
  readonly listing: HubListing;
  readonly options: FetchFilesOptions;
}

/**
 * Brings the files `paths` of a commit into the cache, several at once; existing files
 * are kept. The first failure stops all.
 *
 * @throws {LocRefError} `hub` if the disk is too small, or a file cannot be had.
 */
export async function fetchFiles(
  job: FetchFilesJob,
  paths: readonly string[],
): Promise<void> {
  const { cache, context, listing, options } = job;
  const sizes = paths.map((path) => listing.get(path)!.size);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const counter = new ProgressCounter(
    { total, files: paths.length },
    options.onProgress,
  );
  await checkSpace(job, paths);
  const stop = new AbortController();
  const signal = AbortSignal.any([
    stop.signal,
    ...(context.signal ? [context.signal] : []),
  ]);
  const queue = [...paths];
  const worker = async () => {
    for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
      const lock = join(cache.locks, `${blobName(listing.get(path)!)}.lock`);
      await fetchPath(job, path, { counter, signal, lock });
      counter.fileDone(path);
    }
  };
  const workers = Array.from(
    { length: Math.max(1, options.concurrency ?? 4) },
    () => worker().catch((error) => (stop.abort(error), Promise.reject(error))),
  );
  // The first failure stops the others; what it was is their reason, too.
  await Promise.allSettled(workers);
  await Promise.all(workers);
}

interface FetchState {
  readonly counter: ProgressCounter;
  readonly signal: AbortSignal;
  readonly lock: string;
}

async function fetchPath(
  { cache, context, commit, listing, options }: FetchFilesJob,
  path: string,
  { counter, signal, lock }: FetchState,
): Promise<void> {
  const file = listing.get(path)!;
  const shown = join(snapshotFolder(cache, commit), path);
  if (await isWhole(shown, file.size)) return counter.found(file.size);
  const target = join(cache.blobs, blobName(file));
  await withFileLock(lock, signal, async () => {
    if (await isWhole(target, file.size)) counter.found(file.size);
    else {
      const job = { path, commit, file, target, progress: counter };
      await download(job, { ...context, signal });
    }
    if (await isWhole(shown, file.size)) return;
    await linkBlob(target, shown, options.onWarning ?? console.warn);
  });
}

async function checkSpace(
  job: FetchFilesJob,
  paths: readonly string[],
): Promise<void> {
  const { cache, context, listing, options } = job;
  const blobs = new Map<string, HubFile>(
    paths.map((path) => [blobName(listing.get(path)!), listing.get(path)!]),
  );
  let needed = 0;
  for (const [name, { size }] of blobs) {
    const target = join(cache.blobs, name);
    if (await isWhole(target, size)) continue;
    const part = await stat(partOf(target)).catch(() => ({ size: 0 }));
    needed += Math.max(0, size - part.size);
  }
  if (needed === 0) return;
  const free = await (options.freeBytes ?? freeBytes)(cache.folder);
  checkDiskSpace(needed, free, { id: context.id, folder: cache.folder });
}
