import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { openPromise } from "yauzl";

/** The part of yauzl that is used here; the package brings no types. */
interface ZipFile<Entry extends { fileName: string }> {
  eachEntry(): AsyncIterable<Entry>;
  openReadStreamPromise(entry: Entry): Promise<Readable>;
  close(): void;
}

/**
 * Writes the files of `archive` that are called one of `names` into `folder`, whatever folder of
 * the archive they lie in.
 *
 * @throws {Error} if one of them is not in the archive, or the archive is damaged.
 */
export async function unzipFiles(
  archive: string,
  folder: string,
  names: readonly string[],
): Promise<void> {
  const missing = new Set(names);
  const zip: ZipFile<{ fileName: string }> = await openPromise(archive);
  try {
    for await (const entry of zip.eachEntry()) {
      const name = basename(entry.fileName);
      if (!missing.delete(name)) continue;
      const from = await zip.openReadStreamPromise(entry);
      await pipeline(from, createWriteStream(join(folder, name)));
      if (missing.size === 0) return;
    }
  } finally {
    zip.close();
  }
  throw new Error(`"${archive}" does not hold ${[...missing].join(", ")}`);
}

/** Writes every file of `archive` into `folder`, in the folders that the archive has. */
export async function unzipAll(archive: string, folder: string): Promise<void> {
  const zip: ZipFile<{ fileName: string }> = await openPromise(archive);
  try {
    for await (const entry of zip.eachEntry()) {
      const path = join(folder, entry.fileName);
      if (entry.fileName.endsWith("/")) continue;
      await mkdir(dirname(path), { recursive: true });
      const from = await zip.openReadStreamPromise(entry);
      await pipeline(from, createWriteStream(path));
    }
  } finally {
    zip.close();
  }
}
