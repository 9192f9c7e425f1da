import { realpath } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { sha256OfFile } from "../../core/files/hash.ts";
import { hubCacheFolder } from "../hub/settings.ts";

/**
 * SHA-256 of a file, read once as a stream.
 *
 * A large file in this user's hub cache is named by its hash, which was checked when it was fetched.
 * Such a name is believed there and nowhere else, since any file can be given one.
 */
export async function hashFile(path: string): Promise<string> {
  const real = await realpath(path);
  if (await isHubBlob(real)) return basename(real);
  return await sha256OfFile(real);
}

/** Whether a real path is `CACHE/models--ORG--REPO/blobs/SHA256`. */
async function isHubBlob(real: string): Promise<boolean> {
  const blobs = dirname(real);
  const repo = dirname(blobs);
  if (
    !/^[0-9a-f]{64}$/.test(basename(real)) || basename(blobs) !== "blobs" ||
    !basename(repo).startsWith("models--")
  ) return false;
  const cache = await realpath(hubCacheFolder()).catch(() => undefined);
  return dirname(repo) === cache;
}
