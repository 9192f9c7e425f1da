import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { LocRefError } from "../../core/error.ts";

/** Bytes free for this user on the file system of `folder`, or `undefined` where that is unknown. */
export async function freeBytes(folder: string): Promise<number | undefined> {
  for (let at = folder;; at = dirname(at)) {
    try {
      const { bavail, bsize } = await statfs(at);
      return bavail * bsize;
    } catch (error) {
      // The folder may not exist yet; without permission the value stays unknown.
      if ((error as { code?: string }).code !== "ENOENT") return undefined;
      if (dirname(at) === at) return undefined;
    }
  }
}

/**
 * Makes sure that `needed` bytes fit below `folder`.
 *
 * @throws {LocRefError} `hub` if they do not.
 */
export function checkDiskSpace(
  needed: number,
  free: number | undefined,
  place: { readonly id: string; readonly folder: string },
): void {
  if (free === undefined || free >= needed) return;
  throw new LocRefError(
    "hub",
    `${place.id} needs ${formatBytes(needed)} more, but ${place.folder} has ${
      formatBytes(free)
    } left: free some space, or set HF_HOME to a folder on a larger disk`,
  );
}

/** A number of bytes as people read it, such as `4.27 GB`. */
export function formatBytes(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${units[unit]}`;
}
