import { LocRefError } from "../../../lib/core/error.ts";
import { sha256OfFile } from "../../../lib/core/files/hash.ts";

/**
 * Opens a file that the user named.
 *
 * @throws {LocRefError} `file-missing` with its path if it cannot be read.
 */
export async function openFile(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path);
  } catch (cause) {
    const why = cause instanceof Deno.errors.NotFound
      ? "it does not exist"
      : (cause as Error).message;
    throw new LocRefError("file-missing", `${path} cannot be read: ${why}`, {
      cause,
    });
  }
}

/**
 * SHA-256 of a file that the user named.
 *
 * @throws {LocRefError} `file-missing` with its path if it cannot be read.
 */
export async function hashNamedFile(path: string): Promise<string> {
  (await openFile(path)).close();
  return await sha256OfFile(path);
}
