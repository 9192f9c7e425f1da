import { importPackage } from "../../core/packages/import_package.ts";
import { quote } from "../../core/quote.ts";
import { LocRefError } from "../../core/error.ts";
import { bufferedFetch, noHub, pagedFetch, understood } from "./answer.ts";
import {
  type HubFile,
  type HubListing,
  isCommit,
  isSoundFile,
} from "./cache.ts";
import { isRelativePath } from "./name.ts";
import type { HubRequestContext } from "./request.ts";

/** The commit that the revision of `context` is at now, read from the hub. */
export async function resolveRevision(
  context: HubRequestContext,
): Promise<string> {
  const { id, revision } = context;
  if (isCommit(revision)) return revision;
  const { modelInfo } = await importPackage("hub");
  const info = await understood(context, () =>
    modelInfo({
      name: id,
      revision,
      additionalFields: ["sha"],
      hubUrl: context.endpoint,
      // It adds the token itself: the package refuses those that do not begin with "hf_".
      fetch: bufferedFetch(context),
    }));
  if (typeof info.sha !== "string" || !isCommit(info.sha)) {
    throw noHub(context, `named no commit of revision ${quote(revision)}`);
  }
  return info.sha;
}

/** Files of a repository that are read; the largest public ones have about a tenth of it. */
const MOST_FILES = 1_000_000;

/**
 * All files of the repository at `commit`, listed by the hub.
 *
 * @throws {LocRefError} `hub` if the response is no list of files, or one that no repository has.
 */
export async function listCommit(
  context: HubRequestContext,
  commit: string,
): Promise<HubListing> {
  const { listFiles } = await importPackage("hub");
  const listing = new Map<string, HubFile>();
  const entries = listFiles({
    repo: context.id,
    revision: commit,
    recursive: true,
    hubUrl: context.endpoint,
    fetch: pagedFetch(context),
  });
  for (;;) {
    const { done, value } = await understood(context, () => entries.next());
    if (done) break;
    const file = readEntry(value, context);
    if (file) listing.set(file[0], file[1]);
    if (listing.size > MOST_FILES) {
      throw noHub(context, `listed more than ${MOST_FILES} files`);
    }
  }
  checkFolders(listing, context);
  return listing;
}

/** Path and file of an entry, or `undefined` of a folder. */
function readEntry(
  entry: unknown,
  context: HubRequestContext,
): [string, HubFile] | undefined {
  if (!isRecord(entry)) {
    throw noHub(context, `listed ${quote(entry)} in place of a file`);
  }
  const { type, path, size, oid, lfs } = entry;
  if (type !== "file") return undefined;
  // Paths become file names in the cache, so they must be nothing else.
  if (typeof path !== "string" || !isRelativePath(path)) {
    throw noHub(context, `listed a file with the path ${quote(path)}`);
  }
  if (!isRecord(lfs)) {
    const file = { size, gitHash: oid } as HubFile;
    return [path, checkFile(file, path, context.id)];
  }
  const file = {
    size: lfs.size ?? size,
    gitHash: oid,
    sha256: lfs.oid,
  } as HubFile;
  return [path, checkFile(file, path, context.id)];
}

function checkFile(file: HubFile, path: string, id: string): HubFile {
  if (isSoundFile(file)) return file;
  throw new LocRefError(
    "hub",
    `The hub lists ${quote(path)} of ${id} without a sound size and hash`,
  );
}

/** Refuses a file at the path of another one's folder. */
function checkFolders(listing: HubListing, context: HubRequestContext): void {
  for (const path of listing.keys()) {
    for (
      let at = path.indexOf("/");
      at !== -1;
      at = path.indexOf("/", at + 1)
    ) {
      if (!listing.has(path.slice(0, at))) continue;
      throw noHub(
        context,
        `listed ${quote(path.slice(0, at))} as a file and as a folder`,
      );
    }
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
