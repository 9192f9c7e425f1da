import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, lstat, open, rm } from "node:fs/promises";
import { LocRefError } from "../../core/error.ts";
import type { HubFile } from "./cache.ts";
import type { ProgressCounter } from "./progress.ts";

/** A file whose content comes in pieces. */
export interface FetchedFile {
  /** Path in the repository. */
  readonly path: string;
  readonly file: HubFile;
  /** Called with the number of bytes found on disk or received; negative where bytes are discarded. */
  readonly progress: Pick<ProgressCounter, "found" | "add">;
}

/** Name of the unfinished content beside its `target`. */
export function partOf(target: string): string {
  return `${target}.incomplete`;
}

/**
 * Opens the unfinished file of an earlier run, or a new one.
 *
 * Its name can be guessed, since another process goes on with it. So a link at its place, which
 * would lead the bytes elsewhere, is removed and never written through.
 */
export async function openPart(part: string): Promise<FileHandle> {
  const found = await lstat(part).catch(() => undefined);
  if (found?.isFile() && found.nlink === 1) {
    const handle = await open(part, "a+");
    const held = await handle.stat();
    if (held.ino === found.ino && held.dev === found.dev) return handle;
    await handle.close();
  }
  if (found) await rm(part, { recursive: true });
  return await open(part, "ax+");
}

/** The unfinished file with the hash of what it holds. */
export interface Sink {
  received: number;
  /** Whether bytes of an earlier run are among it. */
  readonly resumed: boolean;
  write(bytes: Uint8Array): Promise<void>;
  reset(): Promise<void>;
  /** The fault of the hash, or `undefined`. */
  mismatch(): string | undefined;
}

/** Opens a file to write on, with the hash of what it holds. */
export async function openSink(
  handle: FileHandle,
  part: string,
  job: FetchedFile,
): Promise<Sink> {
  const { size } = await handle.stat();
  if (size > job.file.size) await handle.truncate(0);
  const start = size > job.file.size ? 0 : size;
  let hash = newHash(job.file);
  if (start > 0) {
    for await (const bytes of createReadStream(part, { end: start - 1 })) {
      hash.update(bytes);
    }
    job.progress.found(start);
  }
  const expected = job.file.sha256 ?? job.file.gitHash;
  const sink: Sink = {
    received: start,
    resumed: start > 0,
    async write(bytes) {
      await writeAll(handle, bytes).catch((error) => {
        if (error.code !== "ENOSPC") throw error;
        throw new LocRefError(
          "hub",
          `The disk became full after ${sink.received} bytes of ${job.path}: free some space, or set HF_HOME to a folder on a larger disk; what has come is kept`,
          { cause: error },
        );
      });
      hash.update(bytes);
      sink.received += bytes.length;
      job.progress.add(bytes.length, job.path);
    },
    async reset() {
      await handle.truncate(0);
      job.progress.add(-sink.received, job.path);
      sink.received = 0;
      hash = newHash(job.file);
    },
    mismatch() {
      const found = hash.copy().digest("hex");
      if (found === expected) return undefined;
      const name = job.file.sha256 === undefined ? "git hash" : "sha256";
      return `${name} ${found} in place of ${expected}`;
    },
  };
  return sink;
}

async function writeAll(handle: FileHandle, bytes: Uint8Array) {
  for (let at = 0; at < bytes.length;) {
    at += (await handle.write(bytes, at)).bytesWritten;
  }
}

function newHash({ size, sha256 }: HubFile): Hash {
  return sha256 === undefined
    ? createHash("sha1").update(`blob ${size}\0`)
    : createHash("sha256");
}
