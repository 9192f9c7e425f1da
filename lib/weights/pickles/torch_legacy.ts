/** PyTorch's form of checkpoints before 1.6: five pickles, then the storages one after another. */

import { quote } from "../../core/quote.ts";
import { readInto } from "../safetensors/read_file.ts";
import { ByteCursor } from "./byte_cursor.ts";
import type {
  CheckpointFile,
  CheckpointOptions,
  DeclaredStorages,
  StoragePlace,
} from "./checkpoint_file.ts";
import { damagedPickle } from "./pickle_error.ts";
import { pickleLimits } from "./pickle_limits.ts";
import { bytesOf } from "./python_calls.ts";
import { type ReadPickle, readPickle } from "./read_pickle.ts";

/** The number that such files begin with. */
const mark = 0x1950a86a20f9469cfc6cn;

/** The only version of the form. */
const version = 1001;

/**
 * Reads the description of a file of the old form and the places of its storages.
 *
 * @throws {LocRefError} `file-invalid` if it is no such file or calls what makes no tensor.
 */
export async function readLegacyFile(
  options: CheckpointOptions,
): Promise<CheckpointFile> {
  const { file, size } = options;
  const bytes = new Uint8Array(Math.min(size, pickleLimits.bytes));
  await readInto(file, 0, bytes);
  let at = 0;
  const next = (): ReadPickle => {
    const read = readPickle(bytes, { ...options, at });
    at = read.end;
    return read;
  };
  const first = next().value;
  if (first !== mark) {
    throw damagedPickle(
      file,
      "it is a Python pickle of something else, which names no tensors of PyTorch",
    );
  }
  const found = next().value;
  if (found !== version) {
    throw damagedPickle(file, `its form has the version ${quote(found)}`);
  }
  const system = next().value;
  if (!(system instanceof Map) || system.get("little_endian") !== true) {
    throw damagedPickle(file, "its numbers are not little endian");
  }
  const { value, storages } = next();
  const keys = next().value;
  if (!Array.isArray(keys)) {
    throw damagedPickle(file, `its list of storages is ${quote(keys)}`);
  }
  return {
    value,
    places: await findPlaces(keys, at, { file, size, storages }),
  };
}

/** Each storage is its number of values, in eight bytes, and the values. */
async function findPlaces(
  keys: readonly unknown[],
  start: number,
  { file, size, storages }: {
    file: string;
    size: number;
    storages: DeclaredStorages;
  },
): Promise<Map<string, StoragePlace>> {
  const places = new Map<string, StoragePlace>();
  let at = start;
  for (const key of keys) {
    const dtype = typeof key === "string"
      ? storages.get(key)?.dtype
      : undefined;
    if (typeof key !== "string" || dtype === undefined) {
      throw damagedPickle(
        file,
        `no tensor refers to its storage ${quote(key)}`,
      );
    }
    const head = new Uint8Array(8);
    if (at + 8 <= size) await readInto(file, at, head);
    const length = new ByteCursor(head).length64() * bytesOf(dtype);
    if (!(at + 8 + length <= size)) {
      throw damagedPickle(
        file,
        `storage ${quote(key)} reaches beyond the file's ${size} bytes`,
      );
    }
    places.set(key, { offset: at + 8, length });
    at += 8 + length;
  }
  return places;
}
