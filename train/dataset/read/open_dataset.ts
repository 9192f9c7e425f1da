/** A built data set, opened for reading. */

import { join } from "node:path";
import { LocRefError } from "../../../lib/core/error.ts";
import type { Sample } from "../build/sample.ts";
import type { IndexLine } from "../build/shard_record.ts";
import { readIndex } from "./index_file.ts";
import { type OpenedSample, readSample } from "./read_sample.ts";
import { indexTar, readTarEntry, type TarEntry } from "./tar_index.ts";

/** A data set's samples. */
export interface OpenedDataset {
  /** The index. */
  readonly lines: readonly IndexLine[];
  /** Reads sample `index`. */
  read(index: number): Promise<OpenedSample<Sample>>;
  /** The bytes of a file of a sample. */
  file(shard: string, name: string): Promise<Uint8Array>;
}

/** Opens the data set in `folder`, or those of its samples that `lines` name. */
export async function openDataset(
  folder: string,
  lines?: readonly IndexLine[],
): Promise<OpenedDataset> {
  const listed = lines ?? await readIndex(folder);
  const shards = new Map<string, ReadonlyMap<string, TarEntry>>();
  const entriesOf = async (shard: string) => {
    const entries = shards.get(shard) ??
      new Map((await indexTar(join(folder, shard))).map((e) => [e.name, e]));
    shards.set(shard, entries);
    return entries;
  };
  return {
    lines: listed,
    async file(shard, name) {
      const entry = (await entriesOf(shard)).get(name);
      if (entry) return await readTarEntry(entry);
      throw new LocRefError("file-missing", `${shard} holds no ${name}`);
    },
    async read(index) {
      const { key, shard } = listed[index]!;
      const entries = await entriesOf(shard);
      const opened = await readSample(key, (name) => entries.get(name));
      return opened as OpenedSample<Sample>;
    },
  };
}
