/**
 * The list of a ZIP archive's stored entries.
 *
 * It is read here because yauzl 3.4 ends the process on some damaged archives: it reads at offsets
 * beyond exact numbers, which throws in a callback.
 */

import { PickleFault } from "./pickle_fault.ts";
import { quote } from "../../core/quote.ts";
import { openFile, readInto } from "../safetensors/read_file.ts";
import { ByteCursor } from "./byte_cursor.ts";
import type { StoragePlace } from "./checkpoint_file.ts";
import { pickleLimits } from "./pickle_limits.ts";

const endMark = 0x06054b50;
const end64Mark = 0x06064b50;
const locator64Mark = 0x07064b50;
const centralMark = 0x02014b50;
const localMark = 0x04034b50;

/** Bytes of the end of an archive, without its comment. */
const endBytes = 22;
/** Bytes of the place of a large archive's end. */
const locatorBytes = 20;
/** Bytes that come before the names of a local entry. */
const localBytes = 30;
/** Most bytes of a comment. */
const commentBytes = 0xffff;
/** A number that does not fit in its four bytes stands among the extra fields. */
const elsewhere = 0xffffffff;

interface Entry {
  readonly name: string;
  readonly at: number;
  readonly length: number;
  readonly checksum: number;
}

/**
 * Where each entry of an archive lies.
 *
 * @throws {PickleFault} if the list cannot be right, or an entry is compressed or encrypted.
 */
export async function listZipEntries(
  file: string,
  size: number,
): Promise<Map<string, StoragePlace>> {
  const places = new Map<string, StoragePlace>();
  const entries = await centralEntries(file, size);
  // opened once: there may be hundreds of thousands of entries
  const handle = await openFile(file);
  try {
    for (const { name, at, length, checksum } of entries) {
      if (places.has(name)) {
        throw new PickleFault(`its archive holds ${quote(name)} twice`);
      }
      if (!(at + localBytes <= size)) throw beyond(name);
      const offset = at + await localLength(handle, { name, at });
      if (!(offset + length <= size)) throw beyond(name);
      places.set(name, { offset, length, checksum });
    }
  } finally {
    await handle.close();
  }
  return places;
}

/** Bytes of an entry before its values. */
async function localLength(
  handle: Awaited<ReturnType<typeof openFile>>,
  { name, at }: Pick<Entry, "name" | "at">,
): Promise<number> {
  const local = new Uint8Array(localBytes);
  const { bytesRead } = await handle.read(local, 0, localBytes, at);
  if (bytesRead < localBytes) throw beyond(name);
  const cursor = new ByteCursor(local);
  if (cursor.uint32() !== localMark) {
    throw new PickleFault(`entry ${quote(name)} is not where its archive says`);
  }
  cursor.at = 26;
  return localBytes + cursor.uint16() + cursor.uint16();
}

function beyond(name: string): PickleFault {
  return new PickleFault(
    `entry ${
      quote(name)
    } of its archive reaches beyond the file, whose download may have been cut`,
  );
}

async function centralEntries(file: string, size: number): Promise<Entry[]> {
  const { start, count } = await readEnd(file, size);
  if (count > pickleLimits.entries || !(start <= size)) {
    throw new PickleFault(
      `its archive names ${count} entries from byte ${start} on`,
    );
  }
  const bytes = new Uint8Array(Math.min(size - start, pickleLimits.bytes));
  await readInto(file, start, bytes);
  const cursor = new ByteCursor(bytes);
  return Array.from({ length: count }, () => readEntry(cursor));
}

/** The place and length of the list, from the end of the archive. */
async function readEnd(
  file: string,
  size: number,
): Promise<{ start: number; count: number }> {
  const tail = new Uint8Array(
    Math.min(size, locatorBytes + endBytes + commentBytes),
  );
  await readInto(file, size - tail.length, tail);
  for (let at = tail.length - endBytes; at >= 0; at--) {
    const cursor = new ByteCursor(tail, at);
    if (cursor.uint32() !== endMark) continue;
    cursor.at = at + 20;
    if (at + endBytes + cursor.uint16() !== tail.length) continue;
    const large = at < locatorBytes
      ? undefined
      : await readEnd64(file, size, new ByteCursor(tail, at - locatorBytes));
    if (large !== undefined) return large;
    cursor.at = at + 10;
    const count = cursor.uint16();
    cursor.at = at + 16;
    return { start: cursor.uint32(), count };
  }
  throw new PickleFault(
    "its archive has no end, since its download was cut or it is no archive",
  );
}

/** The same of an archive beyond 4 GiB or 65,535 entries. */
async function readEnd64(
  file: string,
  size: number,
  locator: ByteCursor,
): Promise<{ start: number; count: number } | undefined> {
  if (locator.uint32() !== locator64Mark) return undefined;
  locator.at += 4;
  const at = locator.length64();
  const bytes = new Uint8Array(56);
  if (!(at + bytes.length <= size)) {
    throw new PickleFault("the end of its archive is not where it says");
  }
  await readInto(file, at, bytes);
  const cursor = new ByteCursor(bytes);
  if (cursor.uint32() !== end64Mark) {
    throw new PickleFault("the end of its archive is not where it says");
  }
  cursor.at = 32;
  const count = cursor.length64();
  cursor.at = 48;
  return { start: cursor.length64(), count };
}

function readEntry(cursor: ByteCursor): Entry {
  if (cursor.uint32() !== centralMark) {
    throw new PickleFault("the list of its archive's entries is damaged");
  }
  cursor.at += 4;
  const flags = cursor.uint16();
  const method = cursor.uint16();
  cursor.at += 4;
  const checksum = cursor.uint32();
  const packed = cursor.uint32(), length = cursor.uint32();
  const lengths = [cursor.uint16(), cursor.uint16(), cursor.uint16()];
  const [nameBytes, extraBytes, comment] = lengths as [number, number, number];
  cursor.at += 8;
  const at = cursor.uint32();
  const name = cursor.text(nameBytes);
  const extra = cursor.take(extraBytes);
  cursor.take(comment);
  const [real, realPacked, place] = inExtra(extra, [length, packed, at]);
  if (method !== 0 || (flags & 1) !== 0 || real !== realPacked) {
    throw new PickleFault(
      `entry ${
        quote(name)
      } is compressed or encrypted, which PyTorch never does`,
    );
  }
  return { name, at: place!, length: real!, checksum };
}

/** The numbers that stand among the extra fields of a large entry, in place of those that do not fit. */
function inExtra(extra: Uint8Array, numbers: readonly number[]): number[] {
  const cursor = new ByteCursor(extra);
  while (cursor.at + 4 <= extra.length) {
    const kind = cursor.uint16();
    const field = new ByteCursor(cursor.take(cursor.uint16()));
    if (kind !== 1) continue;
    return numbers.map((one) => one === elsewhere ? field.length64() : one);
  }
  return [...numbers];
}
