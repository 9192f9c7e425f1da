/**
 * Bicubic enlargement. sharp enlarges through a general warp, which takes half of the time that a
 * training picture of COCO's size costs; where it reduces it is fast, and is used.
 */

interface EnlargeExports {
  readonly memory: WebAssembly.Memory;
  enlarge(
    source: number,
    side: number,
    size: number,
    taps: number,
    weights: number,
    row: number,
    out: number,
  ): void;
}

/** A square part of a picture. */
export interface SquarePart {
  /** RGB, row by row. */
  readonly data: Uint8Array;
  /** Of the whole picture. */
  readonly width: number;
  /** In pixels. */
  readonly left: number;
  /** In pixels. */
  readonly top: number;
  /** In pixels. */
  readonly side: number;
}

/** What reads in steps of a vector may go beyond an array. */
const spare = 16;

let loaded: EnlargeExports | undefined;

function load(): EnlargeExports {
  const bytes = Deno.readFileSync(new URL("./enlarge.wasm", import.meta.url));
  const module = new WebAssembly.Module(bytes);
  const { exports } = new WebAssembly.Instance(module);
  return exports as unknown as EnlargeExports;
}

/**
 * A square part of a picture at a larger size, RGB `[size, size, 3]`, by Keys' bicubic convolution
 * (a = −0.5) with the edge repeated.
 *
 * @throws {RangeError} if the size is smaller than the part's side.
 */
export function enlarge(part: SquarePart, size: number): Uint8Array {
  const { data, width, left, top, side } = part;
  if (size < side) throw new RangeError(`${size} is smaller than ${side}`);
  loaded ??= load();
  const { memory } = loaded;
  const taps = 0, weights = 16 * size;
  const row = weights + 8 * size;
  const source = row + 6 * side + 2 * spare;
  const out = source + 3 * side * side + spare;
  const end = out + 3 * size * size + spare;
  const missing = end - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / 2 ** 16));
  writeTaps(memory.buffer, { taps, weights, side, size });
  const bytes = new Uint8Array(memory.buffer);
  for (let y = 0; y < side; y++) {
    const from = 3 * ((top + y) * width + left);
    bytes.set(data.subarray(from, from + 3 * side), source + 3 * side * y);
  }
  loaded.enlarge(source, side, size, taps, weights, row, out);
  return bytes.slice(out, out + 3 * size * size);
}

/** The four source pixels of each output pixel, and their weights in 1/4096. */
function writeTaps(
  buffer: ArrayBufferLike,
  { taps, weights, side, size }: {
    taps: number;
    weights: number;
    side: number;
    size: number;
  },
): void {
  const places = new Int32Array(buffer, taps, 4 * size);
  const parts = new Int16Array(buffer, weights, 4 * size);
  for (let i = 0; i < size; i++) {
    const centre = (i + 0.5) * side / size - 0.5;
    const first = Math.floor(centre) - 1;
    let left = 4096;
    for (const j of [0, 2, 3, 1]) { // the rest goes to one of the two in the middle
      places[4 * i + j] = Math.min(side - 1, Math.max(0, first + j));
      const part = Math.round(4096 * keys(Math.abs(first + j - centre)));
      parts[4 * i + j] = j === 1 ? left : part;
      left -= part;
    }
  }
}

/** Keys' kernel (1981) with a = −0.5. */
function keys(x: number): number {
  if (x <= 1) return (1.5 * x - 2.5) * x * x + 1;
  if (x < 2) return ((-0.5 * x + 2.5) * x - 4) * x + 2;
  return 0;
}
