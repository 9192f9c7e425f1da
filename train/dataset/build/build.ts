/** The builder: annotations and pictures in, shards out. */

import { join } from "node:path";
import { buildShard } from "./build_shard.ts";
import type { BuildOptions } from "./build_options.ts";
import { openDonors } from "./donors.ts";
import { sha256 } from "../../../lib/core/files/hash.ts";
import { mergeShards, readRecord } from "./merge_shards.ts";
import { type PlannedShard, planShards } from "./plan.ts";
import type { ProcessedPicture } from "./process_picture.ts";
import type { DatasetReport } from "../read/dataset_report.ts";
import { failOn, type PictureSource, type Problem } from "../sources/source.ts";
import { openWorkerPool, type WorkerPool } from "./worker_pool.ts";

/** How a build ended. */
export interface BuildResult {
  /** On rank 0 only. */
  readonly report?: DatasetReport;
  /** Shards that could not be written, with the reason. */
  readonly failed: readonly Problem[];
  /** Shards that existed already. */
  readonly reused: number;
}

/**
 * Builds a data set, or finishes an earlier build. Existing shards of the same input and options
 * are kept.
 *
 * @throws {LocRefError} `file-invalid` at the first problem where `strict`; `config-invalid` if
 *   the folder holds a data set of other input or options.
 */
export async function buildDataset(
  source: PictureSource,
  options: BuildOptions,
): Promise<BuildResult> {
  const { out, ranks } = options;
  await Deno.mkdir(out, { recursive: true });
  if (ranks.rank === 0) await removeParts(out);
  await ranks.barrier();
  const identity = identityOf(source, options);
  const plan = planShards(source.ids, options);
  if (options.strict) failOn(source.problems);
  const mine = plan.filter((_, i) => i % ranks.size === ranks.rank);
  const shardOptions = { ...options, identity, plan };
  const { failed, reused } = await buildShards(source, mine, shardOptions);
  await ranks.barrier();
  if (ranks.rank !== 0) return { failed, reused };
  const report = await mergeShards(source, plan, options, identity)
    .catch((error: Error) => {
      failed.push({ where: `The index of ${out}`, what: error.message });
      return undefined;
    });
  return { report, failed, reused };
}

type ShardOptions = BuildOptions & {
  readonly identity: string;
  readonly plan: readonly PlannedShard[];
};

async function buildShards(
  source: PictureSource,
  shards: readonly PlannedShard[],
  options: ShardOptions,
): Promise<{ failed: Problem[]; reused: number }> {
  const failed: Problem[] = [];
  const left: PlannedShard[] = [];
  for (const shard of shards) {
    const record = await readRecord(options.out, shard.name, options.identity);
    if (record === undefined) left.push(shard);
  }
  const reused = shards.length - left.length;
  if (left.length === 0) return { failed, reused };
  const total = left.reduce((sum, { pictures }) => sum + pictures.length, 0);
  const progress = options.progress?.(total);
  const pool = await openWorkerPool({
    dataset: source.dataset,
    imagesPath: options.images,
    masksPath: options.masks,
    folder: options.out,
    options: options.picture,
    captionSize: options.captioner?.size,
  }, options.threads);
  try {
    const work = { ...options, pool, onDone: progress?.update };
    const results = processInOrder(source, left, work);
    for (const shard of left) {
      let unread = shard.pictures.length, reading = false;
      const next = async () => {
        reading = true;
        const { value } = await results.next();
        reading = false;
        unread--;
        return value!;
      };
      try {
        await buildShard(shard, next, { ...options, folder: options.out });
      } catch (error) {
        if (options.strict || reading) throw error; // a worker that ended ends the build
        const where = join(options.out, `${shard.name}.tar`);
        failed.push({ where, what: (error as Error).message });
        while (unread > 0) await next(); // the next shard begins where this one ends
      }
    }
  } finally {
    pool.close();
    progress?.end();
  }
  return { failed, reused };
}

/** Keeps a few pictures a thread under way, across the ends of shards. */
async function* processInOrder(
  source: PictureSource,
  shards: readonly PlannedShard[],
  options: ShardOptions & {
    readonly pool: WorkerPool;
    readonly onDone?: (done: number) => void;
  },
): AsyncGenerator<ProcessedPicture> {
  const { threads, pool, onDone, picture: { reference }, seed } = options;
  const findDonors = reference === "other"
    ? await openDonors(source, options.plan, { ...options.picture, seed })
    : undefined;
  const under: Promise<ProcessedPicture>[] = [];
  let done = 0;
  const take = async () => {
    const result = await under.shift()!;
    onDone?.(++done);
    return result;
  };
  for (const index of shards.flatMap(({ pictures }) => pictures)) {
    const picture = await source.read(index);
    const result = pool.process(picture, await findDonors?.(index));
    result.catch(() => {}); // reported when it is awaited
    under.push(result);
    if (under.length >= 16 * threads) yield await take();
  }
  while (under.length > 0) yield await take();
}

/** Everything that the shards' bytes depend on, as one hash. */
function identityOf(source: PictureSource, options: BuildOptions): string {
  const { picture, shardSize, validation, seed, captions } = options;
  const { dataset, hashes } = source;
  return sha256(JSON.stringify({
    format: 3,
    dataset,
    hashes,
    picture,
    shardSize,
    validation,
    seed,
    captions,
  }));
}

/** Removes what a build that was killed had begun to write, in the folder and below. */
async function removeParts(folder: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) await removeParts(path);
    else if (name.endsWith(".part")) await Deno.remove(path);
  }
}
