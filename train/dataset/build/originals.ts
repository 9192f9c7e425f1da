/** Pictures as they were, kept under their hash. */

import { dirname, extname, join } from "node:path";
import { writeFileAtomically } from "../../../lib/core/files/write_file.ts";
import type { PictureFiles } from "../sources/picture_files.ts";
import type { SourcePicture } from "../sources/source.ts";

/** Options of {@linkcode keepOriginal}. */
export interface KeepOriginalOptions {
  /** The data set's folder. */
  readonly folder: string;
  /** Whether a hard link will do. */
  readonly form: "link" | "copy";
  /** SHA-256 of the picture's bytes. */
  readonly sha256: string;
  /** Where the picture comes from. */
  readonly pictures: PictureFiles;
}

/** Where a picture is kept: `originals/3f/3f…c1.jpg`. */
function originalPath(sha256: string, file: string): string {
  const extension = /^\.[A-Za-z0-9]{1,5}$/.exec(extname(file))?.[0] ?? "";
  return `originals/${sha256.slice(0, 2)}/${sha256}${extension.toLowerCase()}`;
}

/** A picture that could not be kept: the disk's fault, not the picture's. */
export class OriginalError extends Error {}

/**
 * Keeps a picture in the data set's folder, and returns its path. Pictures of the same bytes and
 * extension are kept once.
 *
 * @throws {OriginalError} if it cannot be written.
 */
export async function keepOriginal(
  picture: SourcePicture,
  bytes: Uint8Array,
  { folder, form, sha256, pictures }: KeepOriginalOptions,
): Promise<string> {
  const name = originalPath(sha256, picture.file);
  const path = join(folder, name);
  try {
    const source = form === "link" ? pictures.path?.(picture.file) : undefined;
    if (source !== undefined && link(source, path)) return name;
    if (sizeOf(path) !== bytes.length) await writeFileAtomically(path, bytes);
    return name;
  } catch (cause) {
    const why = (cause as Error).message;
    throw new OriginalError(`${path} cannot be written: ${why}`, { cause });
  }
}

// without `await`: a worker has nothing else to do that is as short as these calls

function sizeOf(path: string): number | undefined {
  try {
    return Deno.statSync(path).size;
  } catch {
    return undefined;
  }
}

/** Whether a hard link could be made: not over an existing file, nor across file systems. */
function link(source: string, path: string): boolean {
  for (const attempt of ["there", "new"] as const) {
    try {
      if (attempt === "new") Deno.mkdirSync(dirname(path), { recursive: true });
      Deno.linkSync(Deno.realPathSync(source), path);
      return true;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) return false;
    }
  }
  return false;
}
