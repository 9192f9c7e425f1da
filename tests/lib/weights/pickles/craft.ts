/** Makes checkpoints for tests, byte by byte. */

import { crc32 } from "node:zlib";

/** Bytes of texts and of lists of bytes, one after another. */
export function bytes(...parts: (string | readonly number[])[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === "string"
        ? [...part].map((char) => char.charCodeAt(0))
        : [...part]
    ),
  );
}

/** A text as pickles of protocol 2 write it. */
export function text(value: string): readonly number[] {
  const utf8 = [...new TextEncoder().encode(value)];
  return [0x58, ...uint(utf8.length, 4), ...utf8];
}

/** A whole number from 0 to 2³¹ − 1, as pickles of protocol 2 write it. */
export function int(value: number): readonly number[] {
  return [0x4a, ...uint(value, 4)];
}

/** The lowest `count` bytes of a number. */
export function uint(value: number, count: number): number[] {
  return Array.from(
    { length: count },
    (_, i) => Math.floor(value / 256 ** i) % 256,
  );
}

/** A tensor of float32 values in storage `key`, as PyTorch writes it. */
export function tensor(
  key: string,
  { count, shape, strides, offset = 0, type = "FloatStorage" }: {
    count: number;
    shape: readonly number[];
    strides: readonly number[];
    offset?: number;
    type?: string;
  },
): readonly number[] {
  const tuple = (of: readonly number[]) => ["(", ...of.map(int), "t"];
  return [...bytes(
    "ctorch._utils\n_rebuild_tensor_v2\n((",
    ...[text("storage"), `ctorch\n${type}\n`, text(key), text("cpu")],
    ...[int(count), "tQ", int(offset)],
    ...[...tuple(shape), ...tuple(strides)],
    "\x89ccollections\nOrderedDict\n)RtR",
  )];
}

/** A whole pickle of a dictionary with these keys and values. */
export function dictionary(
  entries: Readonly<Record<string, readonly number[]>>,
): Uint8Array {
  const items = Object.entries(entries).flatMap(([key, value]) => [
    text(key),
    value,
  ]);
  return bytes("\x80\x02}(", ...items, "u.");
}

/** A ZIP archive of stored entries. */
export function archive(
  entries: Readonly<Record<string, Uint8Array>>,
): Uint8Array<ArrayBuffer> {
  const local: Uint8Array[] = [], central: Uint8Array[] = [];
  for (const [name, data] of Object.entries(entries)) {
    const head = [
      ...uint(20, 2),
      ...uint(0, 8),
      ...uint(crc32(data), 4),
      ...uint(data.length, 4),
      ...uint(data.length, 4),
      ...uint(name.length, 2),
      ...uint(0, 2),
    ];
    const at = uint(sizeOf(local), 4);
    central.push(
      bytes("PK\x01\x02", uint(20, 2), head, uint(0, 10), at, name),
    );
    local.push(bytes("PK\x03\x04", head, name), data);
  }
  const count = uint(Object.keys(entries).length, 2);
  const [length, start] = [uint(sizeOf(central), 4), uint(sizeOf(local), 4)];
  const end = bytes("PK\x05\x06", uint(0, 4), count, count, length, start);
  return joined([...local, ...central, end, new Uint8Array(2)]);
}

function sizeOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(sizeOf(parts));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** A checkpoint of PyTorch since 1.6. */
export function checkpoint(
  description: Uint8Array,
  storages: Readonly<Record<string, Uint8Array>> = {},
): Uint8Array<ArrayBuffer> {
  const data = Object.entries(storages).map(([key, one]) => [
    `model/data/${key}`,
    one,
  ]);
  return archive({
    "model/data.pkl": description,
    "model/byteorder": bytes("little"),
    ...Object.fromEntries(data),
  });
}
