/** PyTorch's form of checkpoints since 1.6: a ZIP archive of stored entries. */

import { importPackage } from "../../core/packages/import_package.ts";
import { quote, shorten } from "../../core/quote.ts";
import { readInto } from "../safetensors/read_file.ts";
import type {
  CheckpointFile,
  CheckpointOptions,
  StoragePlace,
} from "./checkpoint_file.ts";
import { damagedPickle, tooLargePickle } from "./pickle_error.ts";
import { pickleLimits } from "./pickle_limits.ts";
import { readPickle } from "./read_pickle.ts";

/** The part of yauzl that is used here. */
interface Archive {
  readonly entryCount: number;
  eachEntry(): AsyncIterable<Entry>;
  readLocalFileHeaderPromise(
    entry: Entry,
    options: { minimal: true },
  ): Promise<{ fileDataStart: number }>;
  close(): void;
}

interface Entry {
  readonly fileName: string;
  readonly compressedSize: number;
  readonly uncompressedSize: number;
  readonly compressionMethod: number;
  readonly generalPurposeBitFlag: number;
  readonly crc32: number;
}

/**
 * Reads the description of an archive and the places of its storages.
 *
 * @throws {LocRefError} `file-invalid` if it is no such archive or calls what makes no tensor.
 */
export async function readTorchArchive(
  options: CheckpointOptions,
): Promise<CheckpointFile> {
  const { file, size } = options;
  const entries = await listEntries(file);
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
  return { value, places: storagePlaces(entries, `${prefix}data/`, size) };
}

function storagePlaces(
  entries: ReadonlyMap<string, StoragePlace>,
  folder: string,
  size: number,
): Map<string, StoragePlace> {
  const places = new Map<string, StoragePlace>();
  for (const [name, place] of entries) {
    if (!name.startsWith(folder)) continue;
    if (place.offset + place.length > size) continue;
    places.set(name.slice(folder.length), place);
  }
  return places;
}

/** Where each entry of the archive lies. */
async function listEntries(file: string): Promise<Map<string, StoragePlace>> {
  const { openPromise } = await importPackage("yauzl");
  const places = new Map<string, StoragePlace>();
  let archive: Archive | undefined;
  try {
    archive = await openPromise(file, { autoClose: false }) as Archive;
    if (archive.entryCount > pickleLimits.entries) {
      throw new RangeError(`its archive has ${archive.entryCount} entries`);
    }
    for await (const entry of archive.eachEntry()) {
      if (places.has(entry.fileName)) {
        throw new RangeError(
          `its archive holds ${quote(entry.fileName)} twice`,
        );
      }
      places.set(entry.fileName, await placeOf(archive, entry));
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw damagedPickle(file, shorten(reason, 200));
  } finally {
    archive?.close();
  }
  return places;
}

async function placeOf(archive: Archive, entry: Entry): Promise<StoragePlace> {
  const { fileName, compressionMethod, generalPurposeBitFlag } = entry;
  const { uncompressedSize: length, compressedSize, crc32 } = entry;
  const plain = compressionMethod === 0 && compressedSize === length &&
    (generalPurposeBitFlag & 1) === 0;
  if (!plain) {
    throw new RangeError(
      `entry ${
        quote(fileName)
      } is compressed or encrypted, which PyTorch never does`,
    );
  }
  const { fileDataStart: offset } = await archive.readLocalFileHeaderPromise(
    entry,
    { minimal: true },
  );
  return { offset, length, checksum: crc32 };
}
