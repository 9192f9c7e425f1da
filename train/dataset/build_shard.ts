import { join } from "node:path";
import { writeFileAtomically } from "../../lib/write_file.ts";
import type { Captioner } from "./captioner.ts";
import type { Dropped } from "./filters.ts";
import type { PlannedShard } from "./plan.ts";
import type { ProcessedPicture } from "./process_picture.ts";
import type { Sample } from "./sample.ts";
import { type ShardFile, writeShard } from "./shard.ts";
import type {
  IndexLine,
  ReferenceCounts,
  ShardRecord,
} from "./shard_record.ts";
import type { Problem } from "./source.ts";

/** Options of {@linkcode finishShard}. */
export interface FinishShardOptions {
  /** The data set's folder. */
  readonly folder: string;
  /** Of the inputs and options, as one hash. */
  readonly identity: string;
  /** Writes captions, where they are asked for. */
  readonly captioner?: Captioner;
}

interface Made {
  readonly sample: Sample;
  readonly jpg: Uint8Array;
  readonly refs: readonly Uint8Array[];
  readonly captionPixels?: Uint8Array;
}

/** Captions the pictures of a shard, and writes its archive and its record. */
export async function finishShard(
  shard: PlannedShard,
  results: readonly ProcessedPicture[],
  options: FinishShardOptions,
): Promise<ShardRecord> {
  const { folder, identity, captioner } = options;
  const problems = results.flatMap((result) => result.problems);
  const made = uniqueSamples(results, problems);
  if (captioner) await addCaptions(made, captioner, problems);
  const files = made.flatMap(filesOf);
  const written = await writeShard(join(folder, `${shard.name}.tar`), files);
  const record: ShardRecord = {
    name: shard.name,
    identity,
    bytes: written.bytes,
    sha256: written.sha256,
    pictures: results.length,
    dropped: sumOf(results.map((result) => result.dropped)),
    references: sumReferences(results.map((result) => result.references)),
    empty: results.length - made.length,
    problems,
    samples: made.map((one) => indexLine(one, shard, written.files)),
    instances: made.map(({ sample }) =>
      sample.instances.map(({ category, box_xyxy_fraction }) => ({
        category,
        box: box_xyxy_fraction,
      }))
    ),
  };
  await writeFileAtomically(
    join(folder, `${shard.name}.json`),
    JSON.stringify(record) + "\n",
  );
  return record;
}

/** Ids that differ may make the same key: the first keeps it, the others are reported. */
function uniqueSamples(
  results: readonly ProcessedPicture[],
  problems: Problem[],
): Made[] {
  const seen = new Set<string>();
  return results.flatMap(({ sample, jpg, refs, captionPixels }) => {
    if (sample === undefined || jpg === undefined) return [];
    if (seen.has(sample.key)) {
      const where = sample.source.file;
      problems.push({ where, what: `Its key ${sample.key} is taken` });
      return [];
    }
    seen.add(sample.key);
    return [{ sample, jpg, refs, captionPixels }];
  });
}

async function addCaptions(
  made: readonly Made[],
  captioner: Captioner,
  problems: Problem[],
): Promise<void> {
  const captions = await captioner.caption(
    made.map(({ captionPixels }) => captionPixels!),
  );
  captions.forEach((caption, i) => {
    const { sample } = made[i]!;
    if ("text" in caption) sample.caption = caption.text;
    else {
      sample.caption = null;
      sample.caption_error = caption.error;
      const what = `No caption: ${caption.error}`;
      problems.push({ where: sample.source.file, what });
    }
  });
}

function filesOf({ sample, jpg, refs }: Made): ShardFile[] {
  const json = new TextEncoder().encode(JSON.stringify(sample));
  const { key } = sample;
  return [
    { name: `${key}.jpg`, content: jpg },
    { name: `${key}.json`, content: json },
    ...refs.map((content, i) => ({ name: `${key}.ref${i}.webp`, content })),
  ];
}

function indexLine(
  { sample, refs }: Made,
  shard: PlannedShard,
  hashes: Readonly<Record<string, string>>,
): IndexLine {
  const { key, caption, source, instances } = sample;
  const names = ["jpg", "json", ...refs.map((_, i) => `ref${i}.webp`)];
  const { original } = source;
  return {
    key,
    id: source.id,
    split: shard.split,
    shard: `${shard.name}.tar`,
    caption,
    categories: instances.map(({ category }) => category),
    files: Object.fromEntries(
      names.map((name) => [`${key}.${name}`, hashes[`${key}.${name}`]!]),
    ),
    ...original === undefined ? {} : { original },
  };
}

/** Adds up counts by name, names in order. */
export function sumOf(counts: readonly Dropped[]): Dropped {
  const total: Dropped = {};
  for (const one of counts) {
    for (const [name, count] of Object.entries(one)) {
      total[name] = (total[name] ?? 0) + count;
    }
  }
  return Object.fromEntries(
    Object.entries(total).sort(([a], [b]) => a < b ? -1 : 1),
  );
}

/** Adds up where references came from. */
export function sumReferences(
  counts: readonly ReferenceCounts[],
): ReferenceCounts {
  const total = (name: keyof ReferenceCounts) =>
    counts.reduce((sum, one) => sum + one[name], 0);
  return {
    same: total("same"),
    other: total("other"),
    fallback: total("fallback"),
  };
}
