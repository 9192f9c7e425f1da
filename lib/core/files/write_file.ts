import { randomUUID } from "node:crypto";
import {
  type FileHandle,
  mkdir,
  open,
  rename,
  rm,
  stat,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { writeError } from "../machine/system_error.ts";

/**
 * Writes a file so that it appears whole or not at all: to a temporary name beside the target,
 * then renamed. Folders are made where they are missing.
 */
export async function writeFileAtomically(
  path: string,
  content: Uint8Array | string,
): Promise<void> {
  await replaceFile(path, (handle) => handle.writeFile(content));
}

/**
 * Writes a file as {@linkcode writeFileAtomically} does, with what `write` puts into it.
 *
 * The temporary file is new and nobody can guess its name, so that no link leads the bytes
 * elsewhere. A file that is replaced keeps its permissions.
 *
 * @throws {LocRefError} `file-refused`, with the reason of the system in words.
 */
export async function replaceFile(
  path: string,
  write: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  try {
    await replace(path, write);
  } catch (error) {
    throw writeError(path, error);
  }
}

async function replace(
  path: string,
  write: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const part = join(dirname(path), `.${randomUUID()}.part`);
  const before = await stat(path).catch(() => undefined);
  const handle = await open(part, "wx");
  try {
    try {
      await write(handle);
      if (before?.isFile()) await keepMode(handle, before.mode);
    } finally {
      await handle.close();
    }
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/** Some systems and file systems have no permissions to set. */
async function keepMode(handle: FileHandle, mode: number): Promise<void> {
  await handle.chmod(mode & 0o777).catch(() => {});
}
