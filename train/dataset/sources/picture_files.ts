/** Pictures in a folder or in a ZIP archive. */

import { withoutFolders } from "../../../lib/core/files/portable_name.ts";
import { join, resolve } from "node:path";
import { type Entry, openPromise } from "yauzl";
import {
  ambiguous,
  baseOf,
  foldName,
  leadsOut,
  pushTo,
  readingsOf,
} from "./file_names.ts";
import { folderSearch } from "./folder_search.ts";

/** Reads pictures by name. */
export interface PictureFiles {
  /**
   * The bytes of a file.
   *
   * @throws {Error} if the file is missing, its name leads out of the folder, or means several files.
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

function openFolder(folder: string): PictureFiles {
  const root = resolve(folder);
  const search = folderSearch(root);
  // only of files whose names on the disk are others
  const found = new Map<string, string>();
  return {
    async read(name) {
      const [first] = readingsOf(name);
      try {
        if (first === undefined) throw new Deno.errors.NotFound();
        return await Deno.readFile(join(root, first));
      } catch (cause) {
        if (!isMissing(cause)) throw unreadable(name, cause);
      }
      const path = await search(name);
      if (path === undefined) throw missing(name);
      found.set(name, path);
      try {
        return await Deno.readFile(path);
      } catch (cause) {
        throw unreadable(name, cause);
      }
    },
    path: (name) => found.get(name) ?? join(root, name),
    close: () => {},
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound ||
    error instanceof Deno.errors.NotADirectory;
}

function missing(name: string): Error {
  return new Error(
    leadsOut(name)
      ? `The name ${name} leads out of the folder`
      : `The file ${name} is missing`,
  );
}

function unreadable(name: string, cause: unknown): Error {
  // what is wrong with a picture stands in the data set's report, which travels
  const why = withoutFolders((cause as Error).message);
  return new Error(`The file ${name} cannot be read: ${why}`, { cause });
}

/** Entries are found by their whole name, or by the end of it. */
async function openZip(path: string): Promise<PictureFiles> {
  const zip = await openPromise(path, { autoClose: false });
  const whole = new Map<string, Entry>();
  const byBase = new Map<string, string[]>();
  for await (const entry of zip.eachEntry()) {
    const name = entryName(entry);
    if (name.endsWith("/")) continue;
    if (!whole.has(name)) pushTo(byBase, foldName(baseOf(name)), name);
    whole.set(name, entry);
  }
  return {
    async read(name) {
      const entry = whole.get(entryOf(name, whole, byBase));
      if (entry === undefined) throw missing(name);
      const pieces: Uint8Array[] = [];
      for await (const piece of await zip.openReadStreamPromise(entry)) {
        pieces.push(piece as Uint8Array);
      }
      return new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer());
    },
    close: () => zip.close(),
  };
}

/** The entry that a name means; "" where there is none. */
function entryOf(
  name: string,
  whole: ReadonlyMap<string, Entry>,
  byBase: ReadonlyMap<string, readonly string[]>,
): string {
  for (const reading of readingsOf(name)) {
    if (whole.has(reading)) return reading;
    const plain = foldName(reading);
    const candidates = byBase.get(foldName(baseOf(reading))) ?? [];
    const same = candidates.filter((one) => foldName(one) === plain);
    const ends = candidates.filter((one) =>
      foldName(one).endsWith(`/${plain}`)
    );
    const found = same.length > 0 ? same : ends;
    if (found.length > 1) throw ambiguous(name, found);
    if (found.length === 1) return found[0]!;
  }
  return "";
}

const unicodePath = 0x7075, utf8Flag = 0x800;

/** Macs write UTF-8 without saying so, which would be read as the letters of MS-DOS. */
function entryName(entry: Entry): string {
  const stated = (entry.generalPurposeBitFlag & utf8Flag) !== 0 ||
    entry.extraFields.some(
      ({ id }: { id: number }) => id === unicodePath,
    );
  if (stated) return entry.fileName;
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true });
    return decoder.decode(entry.fileNameRaw).replaceAll("\\", "/");
  } catch {
    return entry.fileName;
  }
}
