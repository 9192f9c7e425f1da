import type { UnreadType, WeightInfo } from "../../ops/executor.ts";

/** Element types of weights, as the safetensors format names them. */
export type WeightDType = WeightInfo["dtype"];

/** Bytes per element of every type that is read here. */
export const BYTES_PER_ELEMENT: ReadonlyMap<string, number> = new Map<
  WeightDType,
  number
>([
  ["F64", 8],
  ["F32", 4],
  ["F16", 2],
  ["BF16", 2],
  ["I64", 8],
  ["I32", 4],
  ["I16", 2],
  ["I8", 1],
  ["U8", 1],
  ["BOOL", 1],
]);

/** Bits of an element of every type that the format has and that is not read here. */
const UNREAD_BITS: ReadonlyMap<string, number> = new Map<UnreadType, number>([
  ["U64", 64],
  ["U32", 32],
  ["U16", 16],
  ["C64", 64],
  ["F8_E5M2", 8],
  ["F8_E4M3", 8],
  ["F8_E8M0", 8],
  ["F8_E4M3FNUZ", 8],
  ["F8_E5M2FNUZ", 8],
  ["F6_E2M3", 6],
  ["F6_E3M2", 6],
  ["F4", 4],
]);

/** Bits of an element of a type of the format, or `undefined` where it has no such type. */
export function bitsPerElement(dtype: string): number | undefined {
  const bytes = BYTES_PER_ELEMENT.get(dtype);
  return bytes === undefined ? UNREAD_BITS.get(dtype) : 8 * bytes;
}

/** Whether values of this type can be read here. */
export function isReadType(dtype: WeightDType): boolean {
  return BYTES_PER_ELEMENT.has(dtype);
}

/** Whether values of this type are whole numbers. */
export function isIntegerType(dtype: WeightDType): boolean {
  return /^([IU]\d|BOOL)/.test(dtype);
}

let halfTable: Float32Array | undefined;

/** Float32 value of each of the 65,536 bit patterns of a float16; ten times faster than converting. */
function float16Table(): Float32Array {
  halfTable ??= new Float32Array(
    new Float16Array(Uint16Array.from({ length: 65536 }, (_, i) => i).buffer),
  );
  return halfTable;
}

/**
 * Converts little-endian `bytes` of type `dtype` to float32, into `out` from `start` on.
 *
 * `bytes` must begin at a multiple of eight in its buffer and hold whole elements. I64 and F64 are
 * rounded to the nearest float32.
 */
export function decodeFloats(
  bytes: Uint8Array,
  dtype: WeightDType,
  out: Float32Array,
  start: number,
): void {
  if (dtype === "F16") return decodeHalves(bytes, out, start);
  if (dtype === "BF16") return decodeBfloats(bytes, out, start);
  if (dtype === "I64") {
    decodeLongs(bytes, (i, value) => out[start + i] = value);
    return;
  }
  out.set(viewOf(bytes, dtype), start);
}

/**
 * Converts little-endian `bytes` of the integer type `dtype` to int32, into `out` from `start` on.
 *
 * @returns the first value that does not fit in 32 bits, or `undefined`.
 */
export function decodeIntegers(
  bytes: Uint8Array,
  dtype: WeightDType,
  out: Int32Array,
  start: number,
): number | undefined {
  if (dtype !== "I64") {
    out.set(viewOf(bytes, dtype), start);
    return;
  }
  let unfit: number | undefined;
  decodeLongs(bytes, (i, value) => {
    out[start + i] = value;
    if (out[start + i] !== value) unfit ??= value;
  });
  return unfit;
}

type NumberArray =
  | Float64Array
  | Float32Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint8Array;

function viewOf(bytes: Uint8Array, dtype: WeightDType): NumberArray {
  const { buffer, byteOffset, byteLength } = bytes;
  switch (dtype) {
    case "F64":
      return new Float64Array(buffer, byteOffset, byteLength / 8);
    case "F32":
      return new Float32Array(buffer, byteOffset, byteLength / 4);
    case "I32":
      return new Int32Array(buffer, byteOffset, byteLength / 4);
    case "I16":
      return new Int16Array(buffer, byteOffset, byteLength / 2);
    case "I8":
      return new Int8Array(buffer, byteOffset, byteLength);
    default:
      return bytes;
  }
}

function decodeHalves(bytes: Uint8Array, out: Float32Array, start: number) {
  const halves = new Uint16Array(
    bytes.buffer,
    bytes.byteOffset,
    bytes.byteLength / 2,
  );
  const table = float16Table();
  for (let i = 0; i < halves.length; i++) out[start + i] = table[halves[i]!]!;
}

function decodeBfloats(bytes: Uint8Array, out: Float32Array, start: number) {
  const { buffer, byteOffset, byteLength } = bytes;
  const halves = new Uint16Array(buffer, byteOffset, byteLength / 2);
  const bits = new Uint32Array(out.buffer, out.byteOffset + 4 * start);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16;
}

function decodeLongs(
  bytes: Uint8Array,
  put: (index: number, value: number) => void,
) {
  const words = new Int32Array(
    bytes.buffer,
    bytes.byteOffset,
    bytes.byteLength / 4,
  );
  for (let i = 0; i < words.length / 2; i++) {
    put(i, words[2 * i + 1]! * 2 ** 32 + (words[2 * i]! >>> 0));
  }
}
