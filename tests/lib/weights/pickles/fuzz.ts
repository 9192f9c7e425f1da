/** Damages checkpoints in many ways, and watches how they are read. */

import { LocRefError } from "../../../../lib/core/error.ts";
import { openPickle } from "../../../../lib/weights/pickles/open_pickle.ts";
import { archive } from "./craft.ts";

/** Outcome of reading damaged files. */
export interface FuzzResult {
  /** Files that were read to the end. */
  readonly read: number;
  /** Files that were refused by an error of LocRef. */
  readonly refused: number;
  /** Files that failed in another way. */
  readonly faults: readonly string[];
  /** Longest time of one file, in milliseconds. */
  readonly slowest: number;
  /** Most memory that the process held beyond what it held at first, in bytes. */
  readonly growth: number;
}

/** Reads `count` damaged copies of `files`, the same ones for each `seed`. */
export async function fuzzPickles(
  files: readonly Uint8Array<ArrayBuffer>[],
  { seed, count }: { seed: number; count: number },
): Promise<FuzzResult> {
  const random = generator(seed);
  const path = await Deno.makeTempFile({ suffix: ".bin" });
  const before = Deno.memoryUsage().rss;
  const faults: string[] = [];
  let read = 0, refused = 0, slowest = 0, growth = 0;
  try {
    for (let i = 0; i < count; i++) {
      Deno.writeFileSync(path, damaged(files[i % files.length]!, random));
      const start = performance.now();
      const error = await readAll(path, i % 2 === 0);
      slowest = Math.max(slowest, performance.now() - start);
      if (i % 10 === 0 || performance.now() - start > 100) {
        growth = Math.max(growth, Deno.memoryUsage().rss - before);
      }
      if (error === undefined) read++;
      else if (error instanceof LocRefError) refused++;
      else faults.push(`file ${i}: ${error}`);
    }
  } finally {
    await Deno.remove(path);
  }
  return { read, refused, faults, slowest, growth };
}

async function readAll(path: string, tensorsOnly: boolean): Promise<unknown> {
  try {
    const file = await openPickle(path, { tensorsOnly });
    for (const name of file.names()) await file.readBytes(name);
    await file.verify();
  } catch (error) {
    return error;
  }
}

type Random = (below: number) => number;

/** Half of the archives keep a right frame, so that the damage reaches the description inside. */
function damaged(
  file: Uint8Array<ArrayBuffer>,
  random: Random,
): Uint8Array<ArrayBuffer> {
  if (file[0] !== 0x50 || random(2) === 0) return mutate(file, random);
  const entries = entriesOf(file);
  const names = Object.keys(entries);
  const name = random(4) === 0
    ? names[random(names.length)]!
    : names.find((one) => one.endsWith("data.pkl"))!;
  return archive({ ...entries, [name]: mutate(entries[name]!, random) });
}

function entriesOf(file: Uint8Array<ArrayBuffer>) {
  const view = new DataView(file.buffer);
  const entries: Record<string, Uint8Array<ArrayBuffer>> = {};
  const end = file.length - 22;
  let at = view.getUint32(end + 16, true);
  for (let i = view.getUint16(end + 10, true); i > 0; i--) {
    const [size, name, extra, comment] = [
      view.getUint32(at + 24, true),
      ...[28, 30, 32].map((offset) => view.getUint16(at + offset, true)),
    ] as [number, number, number, number];
    const local = view.getUint32(at + 42, true);
    const start = local + 30 + view.getUint16(local + 26, true) +
      view.getUint16(local + 28, true);
    const key = new TextDecoder().decode(
      file.subarray(at + 46, at + 46 + name),
    );
    entries[key] = file.slice(start, start + size);
    at += 46 + name + extra + comment;
  }
  return entries;
}

function mutate(
  file: Uint8Array<ArrayBuffer>,
  random: Random,
): Uint8Array<ArrayBuffer> {
  let bytes = file.slice();
  for (let times = 1 + random(4); times > 0 && bytes.length > 0; times--) {
    bytes = changes[random(changes.length)]!(bytes, random);
  }
  return bytes;
}

/** Codes of instructions and bytes that matter most. */
const telling =
  "ctRQ.(}])uesbq2hJXio\x80\x81\x85\x87\x8a\x8c\x8d\x92\x93\x94\xff\0";

const changes: readonly ((
  bytes: Uint8Array<ArrayBuffer>,
  random: Random,
) => Uint8Array<ArrayBuffer>)[] = [
  (bytes, random) => {
    bytes[random(bytes.length)]! ^= 1 << random(8);
    return bytes;
  },
  (bytes, random) => {
    bytes[random(bytes.length)] = random(256);
    return bytes;
  },
  (bytes, random) => {
    bytes[random(bytes.length)] = telling.charCodeAt(random(telling.length));
    return bytes;
  },
  (bytes, random) => bytes.slice(0, random(bytes.length)),
  (bytes, random) => {
    const at = random(bytes.length);
    return splice(bytes, at, Math.min(bytes.length, at + 1 + random(40)));
  },
  (bytes, random) => {
    const from = random(bytes.length);
    const part = bytes.slice(from, from + 1 + random(60));
    const at = random(bytes.length);
    return splice(bytes, at, at, part);
  },
  (bytes, random) => {
    const part = Uint8Array.from(
      { length: 1 + random(12) },
      () => telling.charCodeAt(random(telling.length)),
    );
    const at = random(bytes.length);
    return splice(bytes, at, at, part);
  },
  (bytes, random) => {
    const at = random(Math.max(1, bytes.length - 8));
    const width = [1, 2, 4, 8][random(4)]!;
    return bytes.fill([0, 0x7f, 0xff][random(3)]!, at, at + width);
  },
];

function splice(
  bytes: Uint8Array<ArrayBuffer>,
  from: number,
  to: number,
  part: Uint8Array = new Uint8Array(),
): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([
    ...bytes.subarray(0, from),
    ...part,
    ...bytes.subarray(to),
  ]);
}

/** Whole numbers below a bound, the same ones for each seed (mulberry32). */
function generator(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor(((t ^ (t >>> 14)) >>> 0) / 2 ** 32 * below);
  };
}
