/** Pictures in a folder or in a ZIP archive. */

import { join, resolve } from "node:path";
import { type Entry, openPromise } from "yauzl";

/** Reads pictures by name. */
export interface PictureFiles {
  /**
   * The bytes of a file.
   *
   * @throws {Error} if the file is missing, or its name leads out of the folder.
   */
  read(name: string): Promise<Uint8Array>;
  /** Where the file lies, if it is one of its own. */
  path?(name: string): string;
  /** Closes the archive. */
  close(): void;
}

/**
 * Opens a folder, or an archive if `path` ends in `.zip`.
 *
 * @throws {Error} if there is none.
 */
export async function openPictureFiles(path: string): Promise<PictureFiles> {
  const found = await Deno.stat(path).catch(() => undefined);
  if (found === undefined) throw new Error(`${path} does not exist`);
  if (found.isDirectory) return openFolder(path);
  if (/\.zip$/i.test(path)) return await openZip(path);
  throw new Error(`${path} is neither a folder nor a ZIP archive`);
}

function checkName(name: string): void {
  const leaves = name.startsWith("/") || name.includes("\\") ||
    name.includes("\0") || name.split("/").includes("..");
  if (leaves) throw new Error(`The name ${name} leads out of the folder`);
}

function openFolder(folder: string): PictureFiles {
  const root = resolve(folder);
  return {
    async read(name) {
      checkName(name);
      try {
        return await Deno.readFile(join(root, name));
      } catch (cause) {
        const why = cause instanceof Deno.errors.NotFound
          ? "is missing"
          : `cannot be read: ${(cause as Error).message}`;
        throw new Error(`The file ${name} ${why}`, { cause });
      }
    },
    path: (name) => join(root, name),
    close: () => {},
  };
}

/** Entries are found by their whole name, or by its last part. */
async function openZip(path: string): Promise<PictureFiles> {
  const zip = await openPromise(path, { autoClose: false });
  const entries = new Map<string, Entry>();
  for await (const entry of zip.eachEntry()) {
    const name = entry.fileName;
    entries.set(name, entry);
    const base = name.slice(name.lastIndexOf("/") + 1);
    if (!entries.has(base)) entries.set(base, entry);
  }
  return {
    async read(name) {
      checkName(name);
      const entry = entries.get(name);
      if (entry === undefined) throw new Error(`The file ${name} is missing`);
      const pieces: Uint8Array[] = [];
      for await (const piece of await zip.openReadStreamPromise(entry)) {
        pieces.push(piece as Uint8Array);
      }
      return new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer());
    },
    close: () => zip.close(),
  };
}
