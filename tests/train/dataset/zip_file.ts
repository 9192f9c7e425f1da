import { crc32 } from "node:zlib";

/** A ZIP archive of files that are stored as they are. */
export function zipOf(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const pieces: Uint8Array[] = [], directory: Uint8Array[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(files)) {
    const bytes = new TextEncoder().encode(name);
    const common = [
      ...u16(20, 0, 0, 0, 33),
      ...u32(crc32(content), content.length, content.length),
      ...u16(bytes.length, 0),
    ];
    const header = Uint8Array.from([...u32(0x04034b50), ...common]);
    pieces.push(header, bytes, content);
    const entry = [...u32(0x02014b50), ...u16(20), ...common];
    entry.push(...u16(0, 0, 0), ...u32(0, offset));
    directory.push(Uint8Array.from(entry), bytes);
    offset += header.length + bytes.length + content.length;
  }
  const count = Object.keys(files).length;
  const size = directory.reduce((total, { length }) => total + length, 0);
  const end = [
    ...u32(0x06054b50),
    ...u16(0, 0, count, count),
    ...u32(size, offset),
    ...u16(0),
  ];
  return concat([...pieces, ...directory, Uint8Array.from(end)]);
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((n, { length }) => n + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

function u16(...values: number[]): number[] {
  return values.flatMap((v) => [v & 255, v >> 8 & 255]);
}

function u32(...values: number[]): number[] {
  return values.flatMap((v) =>
    [v, v >>> 8, v >>> 16, v >>> 24].map((b) => b & 255)
  );
}
