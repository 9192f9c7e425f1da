import { stat } from "node:fs/promises";
import { LocRefError } from "../../core/error.ts";
import type { WeightInfo, WeightSource } from "../../ops/executor.ts";
import { sizeOf, type Tensor } from "../../core/tensor.ts";
import {
  BYTES_PER_ELEMENT,
  decodeFloats,
  decodeIntegers,
  isIntegerType,
} from "./dtypes.ts";
import { adviseHugePages } from "./huge_pages.ts";
import { readInPieces, readInto, unreadable } from "./read_file.ts";
import {
  HEAD_BYTES,
  headerLength,
  parseHeader,
  type SafetensorsHeader,
} from "./safetensors_header.ts";
import { refuseUnread } from "../unread_types.ts";

/** An open safetensors file. Only its header is in memory. */
export interface SafetensorsFile extends WeightSource {
  /** Path as it was given. */
  readonly path: string;
  /** Size of the whole file in bytes. */
  readonly size: number;
  /** Free text of the file's author, by key. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The values of one tensor with its shape: int32 where it holds integers, else float32. */
  readTensor(name: string): Promise<Tensor>;
}

/** Options of {@linkcode openSafetensors}. */
export interface OpenSafetensorsOptions {
  /**
   * Whether to open also files with tensors of types that are not read here, to look at their names
   * and shapes.
   *
   * @default {false}
   */
  anyType?: boolean;
}

/**
 * Opens a safetensors file and reads its header, whose fields are all checked against the file's
 * size. Tensors are read on request; F64, F16, BF16 and integers are converted to float32.
 *
 * @throws {LocRefError} `file-missing` or `file-invalid`, naming file and tensor, and what the file
 * is where it is something else.
 */
export async function openSafetensors(
  path: string,
  options: OpenSafetensorsOptions = {},
): Promise<SafetensorsFile> {
  const { header, size } = await readHeader(path);
  const { tensors, metadata } = header;
  if (!options.anyType) refuseUnread(path, tensors);
  const names = [...tensors.keys()];
  const find = (name: string): WeightInfo => {
    const info = tensors.get(name);
    if (info) return info;
    throw new LocRefError(
      "checkpoint-mismatch",
      `${path} has no tensor ${JSON.stringify(name)}`,
    );
  };
  return {
    path,
    size,
    metadata,
    names: () => names,
    info: (name) => tensors.get(name),
    read: (name) => readFloats(path, find(name)),
    readInto: (name, start, into) =>
      readPart(path, find(name), { start, into }),
    async readTensor(name) {
      const info = find(name);
      const data = isIntegerType(info.dtype)
        ? await readIntegers(path, name, info)
        : await readFloats(path, info);
      return { shape: info.shape, data };
    },
  };
}

/**
 * Reads the header of a safetensors file, and the file's size in bytes.
 *
 * @throws {LocRefError} `file-missing` or `file-invalid`, naming file and tensor.
 */
async function readHeader(
  path: string,
): Promise<{ header: SafetensorsHeader; size: number }> {
  const found = await stat(path).catch((error) => {
    throw unreadable(path, error);
  });
  if (found.isDirectory()) throw unreadable(path, { code: "EISDIR" });
  if (!found.isFile()) {
    throw new LocRefError(
      "file-invalid",
      `${path} is a device or a pipe, where a regular file was expected`,
    );
  }
  const { size } = found;
  const start = new Uint8Array(Math.min(HEAD_BYTES, size));
  await readInto(path, 0, start);
  const bytes = new Uint8Array(headerLength(start, size, path));
  await readInto(path, 8, bytes);
  return { header: parseHeader(bytes, size, path), size };
}

/** Bytes that are converted at a time, so that no second copy of a large tensor is needed. */
const PIECE_BYTES = 1 << 20;

async function readFloats(
  path: string,
  info: WeightInfo,
): Promise<Float32Array> {
  const out = new Float32Array(sizeOf(info.shape));
  const bytes = new Uint8Array(out.buffer);
  adviseHugePages(bytes);
  if (info.dtype === "F32") {
    await readInto(path, info.offset, bytes);
    return out;
  }
  await readConverted(path, info, (piece, start) => {
    decodeFloats(piece, info.dtype, out, start);
  });
  return out;
}

/** Values from `start` on. */
async function readPart(
  path: string,
  info: WeightInfo,
  { start, into }: { start: number; into: Float32Array<ArrayBuffer> },
): Promise<void> {
  const elementBytes = BYTES_PER_ELEMENT.get(info.dtype)!;
  const offset = info.offset + start * elementBytes;
  if (info.dtype === "F32") {
    const { buffer, byteOffset, byteLength } = into;
    await readInto(
      path,
      offset,
      new Uint8Array(buffer, byteOffset, byteLength),
    );
    return;
  }
  const length = into.length * elementBytes;
  await readConverted(path, { ...info, offset, length }, (piece, at) => {
    decodeFloats(piece, info.dtype, into, at);
  });
}

async function readIntegers(
  path: string,
  name: string,
  info: WeightInfo,
): Promise<Int32Array> {
  const out = new Int32Array(sizeOf(info.shape));
  await readConverted(path, info, (bytes, start) => {
    const unfit = decodeIntegers(bytes, info.dtype, out, start);
    if (unfit === undefined) return;
    throw new LocRefError(
      "file-invalid",
      `${path}: tensor ${
        JSON.stringify(name)
      } holds ${unfit}, which does not fit in 32 bits`,
    );
  });
  return out;
}

async function readConverted(
  path: string,
  info: WeightInfo,
  convert: (bytes: Uint8Array, start: number) => void,
): Promise<void> {
  const elementBytes = BYTES_PER_ELEMENT.get(info.dtype)!;
  const scratch = new Uint8Array(Math.min(PIECE_BYTES, info.length));
  await readInPieces(
    path,
    info.offset,
    info.length,
    PIECE_BYTES,
    (length, start) => {
      const into = scratch.subarray(0, length);
      return { into, done: () => convert(into, start / elementBytes) };
    },
  );
}
