/**
 * Lanczos' resampling.
 *
 * sharp enlarges through a general warp, and its setup for each picture costs more than to resample
 * a reference. Both together take a fifth of a build's time.
 */

import { Buffer } from "node:buffer";
import { resampleBinary } from "./resample_binary.ts";

interface ResampleExports {
  readonly memory: WebAssembly.Memory;
  resample(
    source: number,
    stride: number,
    length: number,
    down: number,
    tapsDown: number,
    across: number,
    tapsAcross: number,
    row: number,
    out: number,
    width: number,
    height: number,
    step: number,
  ): void;
}

/** A part of a picture. */
export interface PicturePart {
  /** The whole picture, RGB, row by row. */
  readonly data: Uint8Array;
  /** Width of the whole picture, in pixels. */
  readonly rowWidth: number;
  /** In pixels. */
  readonly left: number;
  /** In pixels. */
  readonly top: number;
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
}

/** Options of {@linkcode resample}. */
export interface ResampleOptions {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** 3, or 4 where a fourth value a pixel is left for the caller to write. @default {3} */
  readonly channels?: 3 | 4;
}

/** Spare bytes behind an array, for reads and writes in steps of a vector. */
const spare = 16;

let loaded: ResampleExports | undefined;

function load(): ResampleExports {
  const binary = new Uint8Array(Buffer.from(resampleBinary, "base64"));
  const module = new WebAssembly.Module(binary);
  const { exports } = new WebAssembly.Instance(module);
  return exports as unknown as ResampleExports;
}

/**
 * A part of a picture at another size, `[height, width, channels]`, by Lanczos' kernel of 3 lobes.
 * The kernel is wider where the picture gets smaller; pixels beyond the edge do not count.
 */
export function resample(
  part: PicturePart,
  options: ResampleOptions,
): Uint8Array {
  const { width, height, channels = 3 } = options;
  if (width === part.width && height === part.height) {
    return crop(part, channels);
  }
  const down = tapsOf(part.height, height), across = tapsOf(part.width, width);
  const stride = 3 * part.rowWidth, length = 3 * part.width;
  const rows = part.data.subarray(
    stride * part.top,
    stride * (part.top + part.height),
  );
  const result = channels * width * height;
  loaded ??= load();
  const { memory } = loaded;
  const [downAt, acrossAt, source, row, out, end] = placesOf([
    down.bytes * height,
    across.bytes * width,
    stride * Math.max(part.height, down.count),
    2 * (length + 3 * across.count),
    result,
  ]);
  const missing = end! - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / 2 ** 16));
  down.write(memory.buffer, downAt!, stride);
  across.write(memory.buffer, acrossAt!, 6);
  const bytes = new Uint8Array(memory.buffer);
  bytes.set(rows, source); // in one piece: faster than the part row by row
  loaded.resample(
    ...[source! + 3 * part.left, stride, length] as const,
    ...[downAt!, down.count, acrossAt!, across.count, row!, out!] as const,
    ...[width, height, channels] as const,
  );
  return bytes.slice(out, out! + result);
}

/** The part as it is. */
function crop(part: PicturePart, channels: 3 | 4): Uint8Array {
  const { data, rowWidth, left, top, width, height } = part;
  const pixels = new Uint8Array(channels * width * height);
  for (let y = 0, to = 0; y < height; y++) {
    let from = 3 * ((top + y) * rowWidth + left);
    for (let x = 0; x < width; x++, from += 3, to += channels) {
      pixels[to] = data[from]!;
      pixels[to + 1] = data[from + 1]!;
      pixels[to + 2] = data[from + 2]!;
    }
  }
  return pixels;
}

/** Where arrays of these sizes lie one after the other, and where the last ends. */
function placesOf(sizes: readonly number[]): number[] {
  const places = [0];
  for (const size of sizes) {
    places.push(Math.ceil((places.at(-1)! + size + 2 * spare) / 16) * 16);
  }
  return places;
}

interface Taps {
  /** Source pixels that make an output pixel: even. */
  readonly count: number;
  /** Bytes of an output pixel's place and weights. */
  readonly bytes: number;
  /** Writes places times `unit`, and weights in 1/16384. */
  write(buffer: ArrayBufferLike, at: number, unit: number): void;
}

/** Which of `from` pixels, and how much of each, make each of `to` pixels. */
function tapsOf(from: number, to: number): Taps {
  const scale = Math.max(1, from / to);
  const count = 2 * Math.ceil(3 * scale);
  const bytes = 4 + 2 * count;
  const weights = new Float64Array(count);
  return {
    count,
    bytes,
    write(buffer, at, unit) {
      const view = new DataView(buffer, at, bytes * to);
      for (let i = 0; i < to; i++) {
        const centre = (i + 0.5) * from / to - 0.5;
        const first = Math.max(0, Math.ceil(centre - 3 * scale));
        const shown = Math.max(0, Math.min(first, from - count));
        let sum = 0;
        for (let j = 0; j < count; j++) {
          const inside = shown + j < from;
          weights[j] = inside
            ? lanczos(Math.abs(shown + j - centre) / scale)
            : 0;
          sum += weights[j]!;
        }
        view.setInt32(bytes * i, unit * shown, true);
        let left = 16384, largest = 0;
        for (let j = 0; j < count; j++) {
          if (weights[j]! > weights[largest]!) largest = j;
          const part = Math.round(16384 * weights[j]! / sum);
          view.setInt16(bytes * i + 4 + 2 * j, part, true);
          left -= part;
        }
        const middle = bytes * i + 4 + 2 * largest;
        view.setInt16(middle, view.getInt16(middle, true) + left, true);
      }
    },
  };
}

/** Points of the kernel's table from a pixel to the next. */
const points = 1024;

const lanczosTable = Float64Array.from({ length: 3 * points + 2 }, (_, i) => {
  const x = Math.PI * i / points;
  if (i === 0) return 1;
  return i < 3 * points ? 3 * Math.sin(x) * Math.sin(x / 3) / (x * x) : 0;
});

/** Lanczos' kernel of 3 lobes, between the points of a table: sines would take longer than pixels. */
function lanczos(x: number): number {
  if (x >= 3) return 0;
  const at = points * x, i = Math.floor(at);
  return lanczosTable[i]! +
    (at - i) * (lanczosTable[i + 1]! - lanczosTable[i]!);
}
