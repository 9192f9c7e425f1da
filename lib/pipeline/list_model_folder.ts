import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { LocRefError } from "../core/error.ts";

/** Folders inside one another that are looked into: a model has two. */
const DEEPEST = 4;

/** Files after which a folder is taken for something else than a model. */
const MOST_FILES = 20_000;

/**
 * Paths of the files of a folder, with `/` between parts, sorted. Links to folders are followed,
 * since parts are often shared so; hidden files are left out.
 *
 * @throws {LocRefError} `file-invalid` if there are so many that it is no model's folder.
 */
export async function listModelFolder(folder: string): Promise<string[]> {
  const found: string[] = [];
  const walk = async (inside: string, depth: number) => {
    const path = join(folder, inside);
    const entries = await readdir(path, { withFileTypes: true }).catch(
      // The folder itself must be readable; what lies deeper may be another user's.
      (error) => inside === "" ? Promise.reject(error) : [],
    );
    for (const entry of entries) {
      if (entry.name.startsWith(".")) continue;
      const name = inside === "" ? entry.name : `${inside}/${entry.name}`;
      const folderHere = entry.isDirectory() ||
        entry.isSymbolicLink() && await isFolder(join(folder, name));
      if (!folderHere) found.push(name);
      else if (depth < DEEPEST) await walk(name, depth + 1);
      if (found.length > MOST_FILES) {
        throw new LocRefError(
          "file-invalid",
          `${folder} holds more than ${MOST_FILES} files: name the model's own folder`,
        );
      }
    }
  };
  await walk("", 0);
  return found.sort();
}

/** Sizes and times of a file or of a folder's files: what was written anew has others. */
export async function fileStamps(path: string): Promise<unknown> {
  const own = await stat(path);
  if (own.isFile()) return [own.size, own.mtimeMs];
  // what cannot be listed is named by loading
  const files = await listModelFolder(path).catch(() => []);
  return await Promise.all(files.map(async (file) => {
    const found = await stat(join(path, file)).catch(() => undefined);
    return [file, found?.size, found?.mtimeMs];
  }));
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() ?? false;
}
