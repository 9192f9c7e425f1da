import { counted } from "../../core/counted.ts";
import { quote } from "../../core/quote.ts";
import { LocRefError } from "../../core/error.ts";
import { sizeOf } from "../../core/tensor.ts";
import { replaceFile } from "../../core/files/write_file.ts";
import { bitsPerElement, type WeightDType } from "./dtypes.ts";

/** Element types that can be written. */
export type WritableDType = "F32" | "F16" | "BF16" | "I64";

/** One tensor to write; its values are read only when their turn comes. */
export interface WritableTensor {
  readonly shape: readonly number[];
  /** Type in the file; F16 and BF16 are rounded to nearest, ties to even. @default {"F32"} */
  readonly dtype?: WritableDType;
  /** The values, or a function that brings them. */
  readonly data:
    | WritableValues
    | (() => WritableValues | Promise<WritableValues>);
}

/** A tensor whose bytes are written as they are. */
export interface WritableBytes {
  readonly shape: readonly number[];
  /** Type of the values. */
  readonly dtype: WeightDType;
  /** Brings the little-endian bytes, row by row, from a multiple of eight in their buffer on. */
  readonly bytes: () => Promise<Uint8Array>;
}

/** Values of a tensor to write. */
export type WritableValues = Float32Array | Int32Array;

/** Options of {@linkcode writeSafetensors}. */
export interface WriteSafetensorsOptions {
  /** Text to keep in the header, such as `format`. @default {{}} */
  metadata?: Readonly<Record<string, string>>;
  /** Whether NaN and infinity are written: for files that show what is wrong with them. @default {false} */
  allowNonFinite?: boolean;
}

/**
 * Writes a safetensors file, one tensor at a time, so that a checkpoint larger than memory can be
 * written. The same tensors and metadata always give the same bytes. The file appears under `path`
 * only when it is whole.
 *
 * Tensors lie in the order of their alignment (8 bytes, 4, 2) and then of their names; keys are
 * sorted.
 *
 * @throws {LocRefError} `not-finite` if a value is NaN or infinity, or becomes it in the tensor's type;
 * nothing is written then.
 * @throws {RangeError} if a tensor's values do not have the number its shape asks for.
 * @throws {TypeError} if a tensor is named `__metadata__` or `__proto__`.
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, WritableTensor | WritableBytes>,
  options: WriteSafetensorsOptions = {},
): Promise<void> {
  for (const name of ["__metadata__", "__proto__"]) {
    if (tensors.has(name)) {
      throw new TypeError(`Tensor name ${name} cannot be written`);
    }
  }
  const ordered = [...tensors].sort(([a, one], [b, other]) =>
    bytesOf(other) - bytesOf(one) || (a < b ? -1 : 1)
  );
  const header = encodeHeader(ordered, options.metadata ?? {});
  await replaceFile(path, async (handle) => {
    await handle.writeFile(header);
    for (const [name, tensor] of ordered) {
      const bytes = await encodeTensor(name, tensor);
      if (!options.allowNonFinite) checkBytes(bytes, { name, tensor, path });
      await handle.writeFile(bytes);
    }
  });
}

type Writable = WritableTensor | WritableBytes;

function dtypeOf(tensor: Writable): WeightDType {
  return tensor.dtype ?? "F32";
}

function bytesOf(tensor: Writable): number {
  return bitsPerElement(dtypeOf(tensor))! / 8;
}

function encodeHeader(
  ordered: readonly (readonly [string, Writable])[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const fields: string[] = [];
  const keys = Object.keys(metadata).sort();
  if (keys.length > 0) {
    const entries = keys.map((key) => member(key, metadata[key]));
    fields.push(`"__metadata__":{${entries.join(",")}}`);
  }
  let offset = 0;
  for (const [name, tensor] of ordered) {
    const end = offset + sizeOf(tensor.shape) * bytesOf(tensor);
    fields.push(
      member(name, {
        dtype: dtypeOf(tensor),
        shape: tensor.shape,
        data_offsets: [offset, end],
      }),
    );
    offset = end;
  }
  const json = new TextEncoder().encode(`{${fields.join(",")}}`);
  // Padded with blanks, so that the data begins at a multiple of eight.
  const length = Math.ceil(json.length / 8) * 8;
  const header = new Uint8Array(8 + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, 8);
  return header;
}

function member(key: string, value: unknown): string {
  return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
}

async function encodeTensor(
  name: string,
  tensor: Writable,
): Promise<Uint8Array> {
  if ("bytes" in tensor) return await tensor.bytes();
  const data = typeof tensor.data === "function"
    ? await tensor.data()
    : tensor.data;
  if (data.length !== sizeOf(tensor.shape)) {
    throw new RangeError(
      `Tensor ${name} of shape [${tensor.shape.join(", ")}] needs ${
        sizeOf(tensor.shape)
      } values, got ${data.length}`,
    );
  }
  return encodeValues(data, tensor.dtype ?? "F32");
}

/** Rounding to a narrow type can leave its range, so that what is written is checked. */
function checkBytes(
  bytes: Uint8Array,
  { name, tensor, path }: {
    name: string;
    tensor: Writable;
    path: string;
  },
): void {
  const dtype = dtypeOf(tensor);
  const [bits, exponent] = exponentOf(bytes, dtype);
  let count = 0;
  for (let i = 0; i < bits.length; i++) {
    if ((bits[i]! & exponent) === exponent) count++;
  }
  if (exponent === 0 || count === 0) return;
  const wide = dtype === "F32" ? "" : ` as ${dtype}`;
  throw new LocRefError(
    "not-finite",
    `Tensor ${quote(name)} holds ${
      counted(count, "value that is", "values that are")
    } NaN or infinity${wide}, so ${quote(path)} is not written${
      dtype === "F16" ? " (F16 ends at 65504, F32 and BF16 do not)" : ""
    }`,
  );
}

/** The words of a tensor's bytes, and the bits that are all set in NaN and infinity; 0 where no word is. */
function exponentOf(
  { buffer, byteOffset, byteLength }: Uint8Array,
  dtype: WeightDType,
): [Uint8Array | Uint16Array | Uint32Array, number] {
  const halves = () => new Uint16Array(buffer, byteOffset, byteLength / 2);
  const words = () => new Uint32Array(buffer, byteOffset, byteLength / 4);
  switch (dtype) {
    case "F64":
      // The exponent lies in the upper word of each value.
      return [words().filter((_, i) => i % 2 === 1), 0x7ff00000];
    case "F32":
    case "C64":
      return [words(), 0x7f800000];
    case "F16":
      return [halves(), 0x7c00];
    case "BF16":
      return [halves(), 0x7f80];
    case "F8_E5M2":
      return [new Uint8Array(buffer, byteOffset, byteLength), 0x7c];
    default:
      return [new Uint16Array(), 0];
  }
}

/** Values as the little-endian bytes of `dtype`. */
function encodeValues(
  data: WritableValues,
  dtype: WritableDType,
): Uint8Array {
  switch (dtype) {
    case "F32":
      return bytesIn(data instanceof Float32Array ? data : floats(data));
    case "F16":
      return bytesIn(new Float16Array(data));
    case "BF16":
      return bytesIn(toBfloat16(floats(data)));
    case "I64":
      return bytesIn(BigInt64Array.from(data, (value) => BigInt(value)));
  }
}

function floats(data: WritableValues): Float32Array {
  return data instanceof Float32Array ? data : new Float32Array(data);
}

function bytesIn(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function toBfloat16(data: Float32Array): Uint16Array {
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
  const out = new Uint16Array(data.length);
  for (let i = 0; i < out.length; i++) {
    const word = bits[i]!;
    const isNan = (word & 0x7fffffff) > 0x7f800000;
    // Adding just under half of the last kept bit, plus that bit, rounds ties to even.
    out[i] = isNan
      ? (word >>> 16) | 0x40
      : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return out;
}
