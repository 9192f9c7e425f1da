import { randomUUID } from "node:crypto";
import { lstat, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

const prefix = "locref-graph-";
const lockEnding = ".lock";

/** Folders without a lock file are of older versions; nobody uses one for so many milliseconds. */
const longest = 24 * 60 * 60 * 1000;

/** A new folder that goes away with its process, or is collected by the next one. */
export interface GraphFolder {
  readonly path: string;
  /** Removes the folder. */
  remove(): Promise<void>;
}

/**
 * Makes a folder for a graph in `parent`. A lock file beside it is held while it is in use; the
 * system lets go of it when the process ends, however it does.
 */
export async function makeGraphFolder(parent: string): Promise<GraphFolder> {
  await mkdir(parent, { recursive: true });
  await collectOnce(parent);
  const path = join(parent, `${prefix}${randomUUID()}`);
  const lock = await Deno.open(path + lockEnding, {
    createNew: true,
    write: true,
  });
  const remove = async () => {
    await rm(path, { recursive: true, force: true });
    lock.close();
    await rm(path + lockEnding, { force: true });
  };
  try {
    // Where the file system has no locks, nothing is ever collected.
    await lock.tryLock(true).catch(() => false);
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    await remove();
    throw error;
  }
  return { path, remove };
}

const collected = new Map<string, Promise<void>>();

function collectOnce(parent: string): Promise<void> {
  const known = collected.get(parent);
  if (known !== undefined) return known;
  // Leftovers that cannot be removed, such as other users', are no reason to fail.
  const collecting = collectGraphFolders(parent).catch(() => {});
  collected.set(parent, collecting);
  return collecting;
}

/** Removes the folders in `parent` whose processes ended without doing so: killed, or of a full disk. */
export async function collectGraphFolders(parent: string): Promise<void> {
  const entries = await readdir(parent, { withFileTypes: true });
  for (const entry of entries) {
    if (!entry.name.startsWith(prefix)) continue;
    const path = join(parent, entry.name);
    const abandoned = entry.isDirectory()
      ? await isAbandoned(path)
      : entry.isFile() && entry.name.endsWith(lockEnding) &&
        await isOld(path);
    if (!abandoned) continue;
    await rm(path, { recursive: true, force: true }).catch(() => {});
    if (entry.isDirectory()) {
      await rm(path + lockEnding, { force: true }).catch(() => {});
    }
  }
}

/** Whether nobody holds the lock of a folder. */
async function isAbandoned(path: string): Promise<boolean> {
  let lock: Deno.FsFile;
  try {
    lock = await Deno.open(path + lockEnding, { write: true });
  } catch (error) {
    return error instanceof Deno.errors.NotFound && await isOld(path);
  }
  try {
    return await lock.tryLock(true);
  } catch {
    return false;
  } finally {
    lock.close();
  }
}

async function isOld(path: string): Promise<boolean> {
  return await lstat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs > longest,
    () => false,
  );
}
