/** A built data set, opened for reading. */

import { join } from "node:path";
import { LocRefError } from "../../../lib/core/error.ts";
import { indexTar, readTarEntry, type TarEntry } from "../read/tar_index.ts";
import { readIndex } from "../read/index_file.ts";
import type { Sample } from "../build/sample.ts";
import type { IndexLine } from "../build/shard_record.ts";

/** A sample with the bytes of its pictures. */
export interface OpenedSample {
  /** `KEY.json`. */
  readonly sample: Sample;
  /** The training picture's file. */
  readonly jpg: Uint8Array;
  /** The references' files, in the order of the instances. */
  readonly refs: readonly Uint8Array[];
}

/** A data set's samples. */
export interface OpenedDataset {
  /** The index. */
  readonly lines: readonly IndexLine[];
  /** Reads sample `index`. */
  read(index: number): Promise<OpenedSample>;
  /** The bytes of a file of a sample. */
  file(shard: string, name: string): Promise<Uint8Array>;
}

/** Opens the data set in `folder`, or those of its samples that `lines` list. */
export async function openDataset(
  folder: string,
  lines?: readonly IndexLine[],
): Promise<OpenedDataset> {
  const listed = lines ?? await readIndex(folder);
  const shards = new Map<string, Map<string, TarEntry>>();
  const file = async (shard: string, name: string) => {
    const entries = shards.get(shard) ??
      new Map((await indexTar(join(folder, shard))).map((e) => [e.name, e]));
    shards.set(shard, entries);
    const entry = entries.get(name);
    if (entry) return await readTarEntry(entry);
    throw new LocRefError("file-missing", `${shard} holds no ${name}`);
  };
  return {
    lines: listed,
    file,
    async read(index) {
      const { key, shard } = listed[index]!;
      const text = new TextDecoder().decode(await file(shard, `${key}.json`));
      const sample = JSON.parse(text) as Sample;
      const refs: Uint8Array[] = [];
      for (const { ref } of sample.instances) {
        refs.push(await file(shard, `${key}.ref${ref}.webp`));
      }
      return { sample, jpg: await file(shard, `${key}.jpg`), refs };
    },
  };
}
