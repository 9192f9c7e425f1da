/** PyTorch's form of checkpoints since 1.6: a ZIP archive of stored entries. */

import { quote } from "../../core/quote.ts";
import { readInto } from "../safetensors/read_file.ts";
import type {
  CheckpointFile,
  CheckpointOptions,
  StoragePlace,
} from "./checkpoint_file.ts";
import { damagedPickle, tooLargePickle } from "./pickle_error.ts";
import { PickleFault } from "./pickle_fault.ts";
import { pickleLimits } from "./pickle_limits.ts";
import { readPickle } from "./read_pickle.ts";
import { listZipEntries } from "./zip_entries.ts";

/**
 * Reads the description of an archive and the places of its storages.
 *
 * @throws {LocRefError} `file-invalid` if it is no such archive or calls what makes no tensor.
 */
export async function readTorchArchive(
  options: CheckpointOptions,
): Promise<CheckpointFile> {
  const { file, size } = options;
  const entries = await listEntries(file, size);
  const found = [...entries.keys()].filter((name) =>
    /^([^/]+\/)?data\.pkl$/.test(name)
  );
  if (found.length !== 1) {
    throw damagedPickle(
      file,
      "its archive holds no data.pkl, as checkpoints do",
    );
  }
  const prefix = found[0]!.slice(0, -"data.pkl".length);
  if (entries.has(`${prefix}constants.pkl`)) {
    throw damagedPickle(file, "it is a TorchScript program, not a checkpoint");
  }
  const bytesOf = async (name: string) => {
    const place = entries.get(name)!;
    if (place.length > pickleLimits.bytes) {
      throw tooLargePickle(file, `its ${name} has ${place.length} bytes`);
    }
    const bytes = new Uint8Array(place.length);
    await readInto(file, place.offset, bytes);
    return bytes;
  };
  if (entries.has(`${prefix}byteorder`)) {
    const order = new TextDecoder().decode(await bytesOf(`${prefix}byteorder`));
    if (order.trim() !== "little") {
      throw damagedPickle(file, `its numbers are ${quote(order)} endian`);
    }
  }
  const { value } = readPickle(await bytesOf(found[0]!), options);
  return { value, places: storagePlaces(entries, `${prefix}data/`) };
}

function storagePlaces(
  entries: ReadonlyMap<string, StoragePlace>,
  folder: string,
): Map<string, StoragePlace> {
  const inside = [...entries].filter(([name]) => name.startsWith(folder));
  return new Map(
    inside.map(([name, place]) => [name.slice(folder.length), place]),
  );
}

async function listEntries(
  file: string,
  size: number,
): Promise<Map<string, StoragePlace>> {
  try {
    return await listZipEntries(file, size);
  } catch (error) {
    if (!(error instanceof PickleFault)) throw error;
    throw damagedPickle(file, error.message);
  }
}
