/** One tar archive of samples, in WebDataset's form. */

import { createHash } from "node:crypto";
import { Buffer } from "node:buffer";
import { rm } from "node:fs/promises";
import { pack } from "tar-stream";
import { sha256 } from "./hash.ts";

/** A file of a sample. */
export interface ShardFile {
  /** Name inside the archive. */
  readonly name: string;
  /** Its bytes. */
  readonly content: Uint8Array;
}

/** A shard that was written. */
export interface WrittenShard {
  /** Length of the archive. */
  readonly bytes: number;
  /** Of the archive. */
  readonly sha256: string;
  /** SHA-256 by file name. */
  readonly files: Readonly<Record<string, string>>;
}

/** The moment that all files bear, so that equal content is equal bytes. */
const epoch = new Date(0);

/** Writes a shard; it appears under `path` when it is whole. */
export async function writeShard(
  path: string,
  files: readonly ShardFile[],
): Promise<WrittenShard> {
  const part = `${path}.${Deno.pid}.part`;
  const hash = createHash("sha256");
  const archive = pack();
  for (const { name, content } of files) {
    const header = { name, mtime: epoch, mode: 0o644, uid: 0, gid: 0 };
    archive.entry(header, Buffer.from(content));
  }
  archive.finalize();
  let bytes = 0;
  try {
    using file = await Deno.open(part, {
      write: true,
      create: true,
      truncate: true,
    });
    for await (const piece of archive as AsyncIterable<Uint8Array>) {
      hash.update(piece);
      bytes += piece.length;
      for (let at = 0; at < piece.length;) {
        at += await file.write(piece.subarray(at));
      }
    }
    await file.sync();
    await Deno.rename(part, path);
  } catch (error) {
    archive.destroy();
    await rm(part, { force: true });
    throw error;
  }
  return {
    bytes,
    sha256: hash.digest("hex"),
    files: Object.fromEntries(
      files.map(({ name, content }) => [name, sha256(content)]),
    ),
  };
}
