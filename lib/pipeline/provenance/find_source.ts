import { basename, isAbsolute, join, resolve } from "node:path";
import { stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { sha256 } from "../../core/files/hash.ts";
import { liesInside } from "../../core/files/lies_inside.ts";
import { isUrl, readSource } from "../../images/read_source.ts";
import { hashFile } from "../../weights/safetensors/hash_file.ts";

/** A picture of a scene as it was found again. */
export interface Found {
  /** Where it lies now. */
  readonly source: string;
  /** End of a sentence about it. */
  readonly doubt?: string;
  /** Whether it is read although it lies outside of the roots, since its bytes are known. */
  readonly known?: boolean;
}

/** A file to be found, as far as it is known. */
interface Wanted {
  /** SHA-256 that it had; absent in pictures of old versions. */
  readonly hash?: string;
  /** Folder of the saved picture. */
  readonly home?: string;
  /** Folders that it must lie in. @default {any} */
  readonly roots?: readonly string[];
}

const hasChanged =
  "has changed since the picture was made: its SHA-256 is another";

/** Looks for a picture beside the saved one, at its old place, and below the current folder. */
export async function find(source: string, wanted: Wanted): Promise<Found> {
  const { hash, home, roots } = wanted;
  if (isUrl(source) && !source.startsWith("file:")) {
    return await findUrl(source, hash);
  }
  const path = pathOf(source);
  let changed: string | undefined;
  for (const candidate of candidates(path, home)) {
    const there = await hashOf(candidate, roots);
    if (there === undefined) continue;
    if (hash === undefined || there === hash) return { source: candidate };
    changed ??= candidate;
  }
  const here = [resolve(".")];
  const below = roots === undefined || !isBelow(path, here)
    ? undefined
    : await hashOf(path, here);
  if (below !== undefined && below === hash) return { source, known: true };
  if (changed !== undefined) return { source: changed, doubt: hasChanged };
  if (below !== undefined) return { source, doubt: hasChanged };
  const outside = roots !== undefined && !isBelow(path, [...roots, ...here]);
  return {
    source,
    doubt: outside
      ? "lies outside of the folders that a saved picture is read from, and is not beside it"
      : "is missing: it lies neither beside the picture nor where it was",
  };
}

/** A LoRA's file, which may be too large to be read as a picture is: the one with the old bytes. */
export async function findLora(
  path: string,
  { hash, home }: Pick<Wanted, "hash" | "home">,
): Promise<Found> {
  let changed: string | undefined;
  for (const candidate of candidates(path, home)) {
    const found = await stat(candidate).catch(() => undefined);
    if (!found?.isFile()) continue;
    const there = await hashFile(candidate).catch(() => undefined);
    if (there === undefined) continue;
    if (there === hash) return { source: candidate, known: true };
    changed ??= candidate;
  }
  return changed === undefined
    ? {
      source: path,
      doubt: "is missing: it lies neither beside the picture nor where it was",
    }
    : { source: changed, doubt: hasChanged };
}

async function findUrl(
  source: string,
  hash: string | undefined,
): Promise<Found> {
  if (source.startsWith("sha256:")) {
    return {
      source,
      doubt: "was given as bytes, and the file holds only their SHA-256",
    };
  }
  if (!source.startsWith("data:")) return { source };
  const known = hash !== undefined && await hashOf(source) === hash;
  return { source, known };
}

/** The path of a source that is a path or a `file:` URL, which may name another machine. */
function pathOf(source: string): string {
  try {
    return source.startsWith("file:") ? fileURLToPath(source) : source;
  } catch {
    return source;
  }
}

/** Where a file may lie, the likeliest first. */
function candidates(path: string, home: string | undefined): string[] {
  if (home === undefined) return [path];
  const beside = isAbsolute(path) ? [] : [join(home, path)];
  return [...new Set([...beside, join(home, basename(path)), path])];
}

function isBelow(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => liesInside(resolve(path), folder));
}

/** SHA-256 of a source, or `undefined` where it is missing or may not be read. */
async function hashOf(
  source: string,
  roots?: readonly string[],
): Promise<string | undefined> {
  try {
    const bytes = await readSource(source, { access: { roots } });
    return sha256(bytes);
  } catch {
    return undefined;
  }
}
