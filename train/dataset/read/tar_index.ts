import { LocRefError } from "../../../lib/core/error.ts";

/** One file in a tar archive. */
export interface TarEntry {
  readonly name: string;
  /** Path of the archive. */
  readonly archive: string;
  /** Where its bytes begin in the archive. */
  readonly offset: number;
  readonly size: number;
}

const block = 512;

/**
 * The files of a tar archive (POSIX ustar) and where they lie, so that samples can be read in any
 * order. Only headers are read.
 *
 * @throws {LocRefError} `file-invalid` if a header is damaged.
 */
export async function indexTar(archive: string): Promise<TarEntry[]> {
  using file = await Deno.open(archive);
  const { size: end } = await file.stat();
  const entries: TarEntry[] = [];
  const header = new Uint8Array(block);
  for (let at = 0; at + block <= end;) {
    await readAt(file, at, header);
    if (header.every((byte) => byte === 0)) break;
    const entry = parseHeader(header, archive, at);
    const type = header[156];
    // "0" and NUL are files; folders, links and extended headers are passed over
    if (type === 0x30 || type === 0) entries.push(entry);
    at = entry.offset + Math.ceil(entry.size / block) * block;
  }
  return entries;
}

/** The bytes of a file in an archive. */
export async function readTarEntry(entry: TarEntry): Promise<Uint8Array> {
  using file = await Deno.open(entry.archive);
  const bytes = new Uint8Array(entry.size);
  await readAt(file, entry.offset, bytes);
  return bytes;
}

async function readAt(
  file: Deno.FsFile,
  offset: number,
  into: Uint8Array,
): Promise<void> {
  await file.seek(offset, Deno.SeekMode.Start);
  for (let at = 0; at < into.length;) {
    const read = await file.read(into.subarray(at));
    if (read === null) {
      throw new LocRefError("file-invalid", "A tar archive ends early");
    }
    at += read;
  }
}

function parseHeader(
  header: Uint8Array,
  archive: string,
  at: number,
): TarEntry {
  const text = (from: number, length: number) =>
    new TextDecoder().decode(header.subarray(from, from + length))
      .replace(/\0.*$/s, "");
  const sum = header.reduce(
    (total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte),
    0,
  );
  const size = parseInt(text(124, 12).trim() || "0", 8);
  if (parseInt(text(148, 8).trim(), 8) !== sum || !Number.isFinite(size)) {
    throw new LocRefError(
      "file-invalid",
      `${archive}: the tar header at byte ${at} is damaged`,
    );
  }
  const prefix = text(345, 155);
  const name = text(0, 100);
  return {
    name: prefix === "" ? name : `${prefix}/${name}`,
    archive,
    offset: at + block,
    size,
  };
}
