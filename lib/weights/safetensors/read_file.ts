import { open } from "node:fs/promises";
import { LocRefError } from "../../core/error.ts";

/** Bytes from which on a read is divided. */
const LARGE = 4 << 20;

/** Parts of a large read: one thread alone copies at half of the speed of two. */
const PARTS = 4;

/**
 * Reads bytes of `file` from `offset` on until `into` is full.
 *
 * @throws {LocRefError} `file-missing` if there is no such file, `file-invalid` if it ends early.
 */
export async function readInto(
  file: string,
  offset: number,
  into: Uint8Array,
): Promise<void> {
  const size = into.length < LARGE
    ? into.length
    : Math.ceil(into.length / PARTS);
  const starts = [0];
  for (let at = size; at < into.length; at += size) starts.push(at);
  await Promise.all(starts.map((from) => {
    const part = into.subarray(from, from + size);
    return readInPieces(file, offset + from, part.length, size, (_, start) => ({
      into: part.subarray(start),
    }));
  }));
}

/** Where the next piece of a file goes, and what to do once it has been read. */
export interface Piece {
  readonly into: Uint8Array;
  readonly done?: () => void;
}

/**
 * Reads `length` bytes of `file` from `offset` on, in pieces of `size` bytes; the last may be
 * shorter. `piece` takes the length of each piece and its position after `offset`.
 *
 * @throws {LocRefError} `file-missing` if there is no such file, `file-invalid` if it ends early.
 */
export async function readInPieces(
  file: string,
  offset: number,
  length: number,
  size: number,
  piece: (length: number, start: number) => Piece,
): Promise<void> {
  const handle = await openFile(file);
  try {
    for (let start = 0; start < length; start += size) {
      const wanted = Math.min(size, length - start);
      const { into, done } = piece(wanted, start);
      for (let at = 0; at < wanted;) {
        // One read is limited to 2 GiB by the system.
        const step = Math.min(wanted - at, 2 ** 30);
        const position = offset + start + at;
        const { bytesRead } = await handle.read(into, at, step, position);
        if (bytesRead === 0) {
          throw new LocRefError(
            "file-invalid",
            `${file} ends at byte ${position}, but ${
              offset + length
            } were expected`,
          );
        }
        at += bytesRead;
      }
      done?.();
    }
  } finally {
    await handle.close();
  }
}

/** Opens `file` for reading. */
export async function openFile(
  file: string,
): Promise<Awaited<ReturnType<typeof open>>> {
  try {
    return await open(file, "r");
  } catch (error) {
    throw unreadable(file, error);
  }
}

/** The error that says why `file` cannot be read. */
export function unreadable(file: string, cause: unknown): Error {
  const code = (cause as { code?: string }).code;
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new LocRefError("file-missing", `${file} does not exist`, { cause });
  }
  if (code === "EISDIR") {
    return new LocRefError("file-invalid", `${file} is a folder`, { cause });
  }
  return cause instanceof Error ? cause : new Error(String(cause));
}
