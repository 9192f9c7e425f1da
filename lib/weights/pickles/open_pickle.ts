import { stat } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { LocRefError } from "../../core/error.ts";
import { identifyBytes } from "../../core/files/identify_bytes.ts";
import { quote } from "../../core/quote.ts";
import { sizeOf } from "../../core/tensor.ts";
import type { WeightInfo, WeightSource } from "../../ops/executor.ts";
import { decodeFloats, isReadType } from "../safetensors/dtypes.ts";
import {
  readInPieces,
  readInto,
  unreadable,
} from "../safetensors/read_file.ts";
import { notWeights, WeightFileError } from "../weight_file_error.ts";
import type {
  CheckpointFile,
  CheckpointOptions,
  StoragePlace,
} from "./checkpoint_file.ts";
import { flattenTensors, type SkippedValue } from "./flatten_tensors.ts";
import { damagedPickle, tooLargePickle } from "./pickle_error.ts";
import { pickleLimits } from "./pickle_limits.ts";
import type { PickleTensor } from "./pickle_values.ts";
import { bytesOf } from "./python_calls.ts";
import { readView } from "./read_view.ts";
import { readTorchArchive } from "./torch_archive.ts";
import { readLegacyFile } from "./torch_legacy.ts";

/** Options of {@linkcode openPickle}. */
export interface OpenPickleOptions {
  /**
   * Whether values that are no tensors are skipped where Python would call something to make them,
   * as the callbacks of a trainer. Calls that reach the system are refused all the same.
   *
   * @default {false}
   */
  tensorsOnly?: boolean;
}

/** The tensors of an open PyTorch checkpoint. Only its description is in memory. */
export interface PickleFile extends WeightSource {
  /** Path as it was given. */
  readonly path: string;
  /** Bytes of the whole file. */
  readonly size: number;
  /** Values that are no tensors. */
  readonly skipped: readonly SkippedValue[];
  /** Places of the storages that tensors refer to. */
  readonly places: readonly StoragePlace[];
  /** The values of one tensor, row by row, in its own type. */
  readBytes(name: string): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Compares the bytes with the archive's checksums; files of the old form have none.
   *
   * @throws {LocRefError} `file-invalid` if a storage is damaged.
   */
  verify(onBytes?: (count: number) => void): Promise<void>;
}

/**
 * Opens a PyTorch checkpoint (`.bin`, `.ckpt`, `.pt`, `.pth`) and makes tensors of it, without
 * Python: its pickle is read as data, so that nothing is imported or called. Names of tensors in
 * dictionaries are joined by dots.
 *
 * @throws {LocRefError} `file-missing`, or `file-invalid` if it is damaged, no such file, or calls
 * what makes no tensor, which is named.
 */
export async function openPickle(
  path: string,
  options: OpenPickleOptions = {},
): Promise<PickleFile> {
  const { tensorsOnly = false } = options;
  const size = await sizeOfFile(path);
  const file = await readCheckpoint({ file: path, size, tensorsOnly });
  const { tensors, skipped } = flattenTensors(file.value, path);
  const places = bindTensors(tensors, file, { path, size });
  if (tensors.size === 0) throw damagedPickle(path, "it holds no tensors");
  const names = [...tensors.keys()].sort();
  const placeOf = (tensor: PickleTensor) =>
    file.places.get(tensor.storage.key)!;
  const find = (name: string) => {
    const tensor = tensors.get(name);
    if (tensor !== undefined) return tensor;
    throw new LocRefError(
      "checkpoint-mismatch",
      `${path} has no tensor ${quote(name)}`,
    );
  };
  const readBytes = (name: string) => {
    const tensor = find(name);
    return readView(path, tensor, placeOf(tensor));
  };
  return {
    path,
    size,
    skipped,
    places,
    names: () => names,
    info: (name) => infoOf(tensors.get(name)),
    readBytes,
    read: async (name) => floatsOf(path, find(name), await readBytes(name)),
    verify: (onBytes) => verifyPlaces(path, places, onBytes),
  };
}

async function sizeOfFile(path: string): Promise<number> {
  const found = await stat(path).catch((error) => {
    throw unreadable(path, error);
  });
  if (found.isDirectory()) throw unreadable(path, { code: "EISDIR" });
  if (found.isFile()) return found.size;
  throw new LocRefError(
    "file-invalid",
    `${path} is a device or a pipe, where a regular file was expected`,
  );
}

/** Bytes that show what a file is. */
const headBytes = 512;

async function readCheckpoint(
  options: CheckpointOptions,
): Promise<CheckpointFile> {
  const { file, size } = options;
  const head = new Uint8Array(Math.min(headBytes, size));
  await readInto(file, 0, head);
  const identity = identifyBytes(head, size);
  if (identity !== undefined && !identity.pickle && !isOldPickle(head)) {
    throw notWeights(file, identity);
  }
  if (head[0] === 0x50 && head[1] === 0x4b) {
    return await readTorchArchive(options);
  }
  if (head[8] === 0x7b && identity === undefined) {
    throw new WeightFileError(
      `${file} is no PyTorch checkpoint, but begins as a safetensors file does`,
      "Load it as it is, under a name that ends in .safetensors",
    );
  }
  return await readLegacyFile(options);
}

/** Whether bytes begin as a pickle of protocol 0 does, which looks like text. */
function isOldPickle(head: Uint8Array): boolean {
  const words = new TextDecoder("latin1").decode(head);
  return /^(c[\w.]+\n[\w.]+\n|\((lp|dp|i[\w.]+\n))/.test(words);
}

/** Makes sure that every tensor lies in a storage that the file holds, and that all fit its size. */
function bindTensors(
  tensors: ReadonlyMap<string, PickleTensor>,
  { places }: CheckpointFile,
  { path, size }: { path: string; size: number },
): StoragePlace[] {
  const used = new Set<StoragePlace>();
  let total = 0;
  for (const [name, { storage, shape, dtype }] of tensors) {
    const place = places.get(storage.key);
    if (place === undefined) {
      throw damagedPickle(
        path,
        `storage ${quote(storage.key)} of tensor ${quote(name)} is missing`,
      );
    }
    const end = storage.start + storage.bytes;
    if (end > place.length) {
      throw damagedPickle(
        path,
        `tensor ${quote(name)} declares ${end} bytes of storage ${
          quote(storage.key)
        }, which has ${place.length}`,
      );
    }
    used.add(place);
    total += sizeOf(shape) * bytesOf(dtype);
    if (!(total <= pickleLimits.growth * size + pickleLimits.smallest)) {
      throw tooLargePickle(
        path,
        `its tensors would take ${total} bytes and more, the file has ${size}`,
      );
    }
  }
  return [...used].sort((a, b) => a.offset - b.offset);
}

function infoOf(tensor: PickleTensor | undefined): WeightInfo | undefined {
  if (tensor === undefined) return undefined;
  const { dtype, shape } = tensor;
  return { dtype, shape, offset: 0, length: sizeOf(shape) * bytesOf(dtype) };
}

function floatsOf(
  path: string,
  { dtype, shape }: PickleTensor,
  bytes: Uint8Array,
): Float32Array {
  if (!isReadType(dtype)) {
    throw new LocRefError(
      "file-invalid",
      `${path} holds values of type ${dtype}, which LocRef does not read`,
    );
  }
  const out = new Float32Array(sizeOf(shape));
  decodeFloats(bytes, dtype, out, 0);
  return out;
}

/** Bytes that are checked at a time. */
const pieceBytes = 4 << 20;

async function verifyPlaces(
  path: string,
  places: readonly StoragePlace[],
  onBytes?: (count: number) => void,
): Promise<void> {
  const scratch = new Uint8Array(pieceBytes);
  for (const { offset, length, checksum } of places) {
    if (checksum === undefined) continue;
    let found = 0;
    await readInPieces(path, offset, length, pieceBytes, (count) => {
      const into = scratch.subarray(0, count);
      return {
        into,
        done: () => {
          found = crc32(into, found);
          onBytes?.(count);
        },
      };
    });
    if (found === checksum) continue;
    throw damagedPickle(
      path,
      `the ${length} bytes from ${offset} on are not those that were written (their checksum differs)`,
    );
  }
}
