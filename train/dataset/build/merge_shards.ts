/** Finished shards into one data set: index, report and manifest. */

import { join } from "node:path";
import { LocRefError } from "../../../lib/core/error.ts";
import { withoutPaths } from "../../../lib/core/files/portable_name.ts";
import { writeFileAtomically } from "../../../lib/core/files/write_file.ts";
import type { BuildOptions } from "./build_options.ts";
import { writeIndex } from "../read/index_file.ts";
import type { PlannedShard } from "./plan.ts";
import type { DatasetReport } from "../read/dataset_report.ts";
import { writeReport } from "../read/report.ts";
import type { ShardRecord } from "./shard_record.ts";
import type { PictureSource } from "../sources/source.ts";

/**
 * The record of a finished shard; `undefined` where the shard is not finished.
 *
 * @throws {LocRefError} `config-invalid` if it was made of other input or with other options.
 */
export async function readRecord(
  folder: string,
  name: string,
  identity: string,
): Promise<ShardRecord | undefined> {
  let record: ShardRecord;
  try {
    record = JSON.parse(await Deno.readTextFile(join(folder, `${name}.json`)));
    const { size } = await Deno.stat(join(folder, `${name}.tar`));
    if (size !== record.bytes) return undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
  if (record.identity === identity) return record;
  throw new LocRefError(
    "config-invalid",
    `${folder} holds a data set of other annotations or options: name another folder, or remove it`,
  );
}

/** Writes everything but the shards; `undefined` where a shard is missing. */
export async function mergeShards(
  source: PictureSource,
  plan: readonly PlannedShard[],
  options: BuildOptions,
  identity: string,
): Promise<DatasetReport | undefined> {
  const { out } = options;
  const records: ShardRecord[] = [];
  for (const { name } of plan) {
    const record = await readRecord(out, name, identity);
    if (record === undefined) return undefined;
    records.push(record);
  }
  const lines = records.flatMap(({ samples }) => samples);
  const { index = "jsonl" } = options;
  await writeIndex(out, lines, index);
  const report = await writeReport(out, records, source);
  const { picture, shardSize, validation, seed, captions } = options;
  const manifest = {
    format: "locref-dataset",
    version: 1,
    identity,
    source: { dataset: source.dataset, sha256: source.hashes },
    options: {
      ...{ ...picture, shardSize, validation, seed },
      captions: withoutPaths(captions),
    },
    index: `index.${index}`,
    samples: lines.length,
    shards: records.map(({ name, bytes, sha256, samples }) => ({
      file: `${name}.tar`,
      samples: samples.length,
      bytes,
      sha256,
    })),
  };
  await writeFileAtomically(
    join(out, "dataset.json"),
    JSON.stringify(manifest, null, 2) + "\n",
  );
  return report;
}
