/** Whether results can be written, found out before the work that makes them. */

import { mkdtemp, rmdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { LocRefError } from "../error.ts";
import { requirePermissions } from "../machine/permissions.ts";
import { quotePath, systemReason } from "../machine/system_error.ts";

/**
 * Checks that a file can be written to `path`. Folders that are missing are made when it is.
 *
 * @throws {LocRefError} `file-refused` if it is a folder or no regular file, or its folder takes no
 * files; `permission-missing`.
 */
export async function checkOutputFile(path: string): Promise<void> {
  await checked(path, "File", async () => {
    const found = await statOf(path);
    if (found?.isDirectory()) return "it is a folder";
    if (found !== undefined && !found.isFile()) return "it is no regular file";
    return await whyNoFiles(dirname(resolve(path)));
  });
}

/**
 * Checks that files can be written into the folder `path`, which is made when they are.
 *
 * @throws {LocRefError} `file-refused` if it is a file or takes no files; `permission-missing`.
 */
export async function checkOutputFolder(path: string): Promise<void> {
  await checked(path, "Folder", async () => {
    const found = await statOf(path);
    if (found !== undefined && !found.isDirectory()) return "it is a file";
    return await whyNoFiles(resolve(path));
  });
}

async function checked(
  path: string,
  kind: "File" | "Folder",
  check: () => Promise<string | undefined>,
): Promise<void> {
  requirePermissions([{
    permission: {
      name: "write",
      path: kind === "File" ? dirname(path) : path,
    },
    reason: "results are written there",
  }]);
  let reason: string | undefined;
  try {
    reason = await check();
  } catch (error) {
    reason = systemReason(error);
    if (reason === undefined) throw error;
  }
  if (reason === undefined) return;
  throw new LocRefError(
    "file-refused",
    `${kind} ${quotePath(path)} cannot be written: ${reason}`,
  );
}

/** Why no file can be made in a folder, or in the one above that must exist first. */
async function whyNoFiles(folder: string): Promise<string | undefined> {
  const found = await statOf(folder);
  if (found === undefined) return await whyNoFiles(dirname(folder));
  if (!found.isDirectory()) return "part of its path is a file";
  const permission = { name: "write", path: folder } as const;
  // above the folder that may be written to, trying is not allowed
  if (Deno.permissions.querySync(permission).state !== "granted") return;
  try {
    await rmdir(await mkdtemp(join(folder, ".locref-")));
  } catch (error) {
    const reason = systemReason(error);
    if (reason === undefined) throw error;
    const takesNone = `folder ${quotePath(folder)} takes no files`;
    // such as /proc: what is missing is the file that was to be made
    return isMissing(error) ? takesNone : `${takesNone} (${reason})`;
  }
}

async function statOf(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return (error as { code?: unknown }).code === "ENOENT";
}
