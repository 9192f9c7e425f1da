/** One tar archive of samples, in WebDataset's form. */

import { createHash } from "node:crypto";
import { Buffer } from "node:buffer";
import { rm } from "node:fs/promises";
import { pack } from "tar-stream";
import { sha256 } from "../../../lib/core/files/hash.ts";

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
  /** SHA-256 of the archive. */
  readonly sha256: string;
}

/** The moment that all files bear, so that equal content is equal bytes. */
const epoch = new Date(0);

/** A shard that is being written. */
export interface ShardWriter {
  /** Adds files; returns the SHA-256 of each by its name. */
  add(files: readonly ShardFile[]): Record<string, string>;
  /**
   * Ends the archive, which then appears under its path.
   *
   * @throws {Error} if it could not be written, now or earlier.
   */
  end(): Promise<WrittenShard>;
  /** Removes what was written. */
  abandon(): Promise<void>;
}

/** Begins a shard, which goes to the disk as files are added. */
export function openShard(path: string): ShardWriter {
  const part = `${path}.${crypto.randomUUID()}.part`;
  const archive = pack();
  const written = writeOut(archive as AsyncIterable<Uint8Array>, part);
  written.catch(() => archive.destroy()); // `end` throws it
  return {
    add(files) {
      const hashes: Record<string, string> = {};
      for (const { name, content } of files) {
        hashes[name] = sha256(content);
        if (archive.destroyed) continue;
        const header = { name, mtime: epoch, mode: 0o644, uid: 0, gid: 0 };
        archive.entry(
          header,
          Buffer.from(content.buffer, content.byteOffset, content.length),
        );
      }
      return hashes;
    },
    async end() {
      if (!archive.destroyed) archive.finalize();
      try {
        const result = await written;
        await Deno.rename(part, path);
        return result;
      } catch (error) {
        await rm(part, { force: true });
        throw error;
      }
    },
    async abandon() {
      archive.destroy();
      await written.catch(() => {});
      await rm(part, { force: true });
    },
  };
}

/** Written and hashed at a time: tar-stream gives a picture in a dozen pieces. */
const blockBytes = 2 ** 20;

async function writeOut(
  archive: AsyncIterable<Uint8Array>,
  path: string,
): Promise<WrittenShard> {
  const hash = createHash("sha256");
  let bytes = 0;
  using file = await Deno.open(path, {
    write: true,
    createNew: true,
  });
  const block = new Uint8Array(blockBytes);
  let filled = 0;
  const flush = async () => {
    const full = block.subarray(0, filled);
    hash.update(full);
    for (let at = 0; at < filled;) at += await file.write(full.subarray(at));
    bytes += filled;
    filled = 0;
  };
  for await (const piece of archive) {
    for (let at = 0; at < piece.length;) {
      const part = piece.subarray(at, at + blockBytes - filled);
      block.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled === blockBytes) await flush();
    }
  }
  await flush();
  await file.sync();
  return { bytes, sha256: hash.digest("hex") };
}
