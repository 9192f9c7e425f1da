import { importPackage } from "../core/packages/import_package.ts";
import { LocRefError } from "../error.ts";
import type { HubFile, HubListing } from "./hub_cache.ts";
import { isCommit } from "./hub_cache.ts";
import { checkRelativePath } from "./hub_name.ts";
import { bufferedFetch, type HubRequestContext } from "./hub_request.ts";

/** The commit that the revision of `context` is at now, asked of the hub. */
export async function resolveRevision(
  context: HubRequestContext,
): Promise<string> {
  const { id, revision } = context;
  if (isCommit(revision)) return revision;
  const { modelInfo } = await importPackage("hub");
  const info = await modelInfo({
    name: id,
    revision,
    additionalFields: ["sha"],
    hubUrl: context.endpoint,
    // It adds the token itself: the package refuses those that do not begin with "hf_".
    fetch: bufferedFetch(context),
  });
  if (typeof info.sha !== "string" || !isCommit(info.sha)) {
    throw new LocRefError(
      "hub",
      `${context.endpoint} answered about ${id} without the commit of revision "${revision}": it seems to be no Hugging Face hub`,
    );
  }
  return info.sha;
}

/** All files of the repository at `commit`, asked of the hub. */
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
    fetch: bufferedFetch(context),
  });
  for await (const { type, path, size, oid, lfs } of entries) {
    if (type !== "file") continue;
    checkRelativePath(path);
    const file = { size: lfs?.size ?? size, gitHash: oid!, sha256: lfs?.oid };
    checkHashes(file, path, context.id);
    listing.set(path, file);
  }
  return listing;
}

/** The hashes become file names in the cache, so they must be nothing else. */
function checkHashes(file: HubFile, path: string, id: string) {
  const sound = /^[0-9a-f]{40}$/.test(file.gitHash) &&
    (file.sha256 === undefined || /^[0-9a-f]{64}$/.test(file.sha256)) &&
    Number.isSafeInteger(file.size) && file.size >= 0;
  if (!sound) {
    throw new LocRefError(
      "hub",
      `The hub lists ${path} of ${id} without a sound size and hash`,
    );
  }
}
