import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { pause } from "./retry.ts";

/**
 * Runs `work` while holding the lock file `path`, so that only one process does it at a time.
 *
 * It is the operating system's lock (`flock`), the same that Python's `huggingface_hub` takes, and
 * falls away by itself when its process ends. Where the file system knows no locks, `work` runs
 * without.
 *
 * @throws the signal's reason once it is aborted.
 */
export async function withFileLock<R>(
  path: string,
  signal: AbortSignal | undefined,
  work: () => Promise<R>,
): Promise<R> {
  await mkdir(dirname(path), { recursive: true });
  const file = await acquire(path, signal);
  try {
    return await work();
  } finally {
    file.close();
  }
}

const SHORTEST_PAUSE = 10;
const LONGEST_PAUSE = 250;

async function acquire(
  path: string,
  signal: AbortSignal | undefined,
): Promise<Deno.FsFile> {
  for (let time = SHORTEST_PAUSE;; time = Math.min(2 * time, LONGEST_PAUSE)) {
    const file = await Deno.open(path, { create: true, write: true });
    try {
      const locked = await tryLock(file);
      if (locked && await isStillAt(path, file)) return file;
    } catch (error) {
      file.close();
      throw error;
    }
    file.close();
    await pause(time, signal);
  }
}

async function tryLock(file: Deno.FsFile): Promise<boolean> {
  try {
    return await file.tryLock(true);
  } catch (error) {
    if (error instanceof Deno.errors.NotSupported) return true;
    const { code } = error as { code?: string };
    if (code === "ENOTSUP" || code === "ENOSYS") return true;
    throw error;
  }
}

/** Another process may have deleted the file between opening and locking it. */
async function isStillAt(path: string, file: Deno.FsFile): Promise<boolean> {
  try {
    const [named, held] = [await stat(path), await file.stat()];
    return held.ino === null || named.ino === held.ino;
  } catch {
    return false;
  }
}
