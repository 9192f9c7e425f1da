import { join } from "node:path";
import { writeFileAtomically } from "../../../lib/core/files/write_file.ts";
import type { Captioner } from "./captioner.ts";
import type { Dropped } from "../sources/filters.ts";
import type { PlannedShard } from "./plan.ts";
import type { ProcessedPicture } from "./process_picture.ts";
import type { Sample } from "./sample.ts";
import { openShard, type ShardFile } from "./shard.ts";
import type {
  IndexLine,
  InstanceFigures,
  ReferenceCounts,
  ShardRecord,
} from "./shard_record.ts";
import { failOn, type Problem } from "../sources/source.ts";

/** Options of {@linkcode buildShard}. */
export interface BuildShardOptions {
  /** The data set's folder. */
  readonly folder: string;
  /** Hash of the inputs and options. */
  readonly identity: string;
  /** Writes captions, where requested. */
  readonly captioner?: Captioner;
  /** Whether the first problem ends the build. */
  readonly strict: boolean;
}

interface Made {
  readonly sample: Sample;
  readonly jpg: Uint8Array;
  readonly refs: readonly Uint8Array[];
  readonly captionPixels?: Uint8Array;
}

/** Pictures that are captioned and written together. */
const together = 16;

/**
 * Captions the pictures of a shard and writes them into its archive as they come, and at last its
 * record.
 *
 * @param next returns the next picture of the shard.
 * @throws {LocRefError} `file-invalid` at the first problem where `strict`.
 * @throws {Error} if the shard could not be written.
 */
export async function buildShard(
  shard: PlannedShard,
  next: () => Promise<ProcessedPicture>,
  options: BuildShardOptions,
): Promise<void> {
  const { folder, identity } = options;
  const writer = openShard(join(folder, `${shard.name}.tar`));
  const figures = beginFigures();
  try {
    for (let left = shard.pictures.length; left > 0; left -= together) {
      const group: ProcessedPicture[] = [];
      while (group.length < Math.min(together, left)) group.push(await next());
      const problems = group.flatMap((result) => result.problems);
      const made = uniqueSamples(group, figures.keys, problems);
      if (options.captioner) {
        await addCaptions(made, options.captioner, problems);
      }
      if (options.strict) failOn(problems);
      for (const one of made) {
        const hashes = writer.add(filesOf(one));
        figures.samples.push(indexLine(one, shard, hashes));
      }
      addFigures(figures, group, made, problems);
    }
    const [failure] = figures.failures;
    if (failure !== undefined) throw new Error(failure);
  } catch (error) {
    await writer.abandon();
    throw error;
  }
  const { bytes, sha256 } = await writer.end();
  const record = recordOf(figures, {
    name: shard.name,
    identity,
    bytes,
    sha256,
  });
  await writeFileAtomically(
    join(folder, `${shard.name}.json`),
    JSON.stringify(record) + "\n",
  );
}

/** Figures of a record, as it grows. */
interface Figures {
  readonly keys: Set<string>;
  readonly samples: IndexLine[];
  readonly instances: InstanceFigures[][];
  readonly problems: Problem[];
  readonly failures: string[];
  pictures: number;
  dropped: Dropped;
  references: ReferenceCounts;
}

function beginFigures(): Figures {
  return {
    keys: new Set(),
    samples: [],
    instances: [],
    problems: [],
    failures: [],
    pictures: 0,
    dropped: {},
    references: { same: 0, other: 0, fallback: 0 },
  };
}

function addFigures(
  figures: Figures,
  results: readonly ProcessedPicture[],
  made: readonly Made[],
  problems: readonly Problem[],
): void {
  figures.pictures += results.length;
  figures.problems.push(...problems);
  figures.failures.push(...results.flatMap(({ failure }) => failure ?? []));
  const dropped = results.map((result) => result.dropped);
  figures.dropped = sumOf([figures.dropped, ...dropped]);
  const references = results.map((result) => result.references);
  figures.references = sumReferences([figures.references, ...references]);
  for (const { sample } of made) {
    figures.instances.push(
      sample.instances.map(({ category, box_xyxy_fraction }) => ({
        category,
        box: box_xyxy_fraction,
      })),
    );
  }
}

function recordOf(
  figures: Figures,
  shard: Pick<ShardRecord, "name" | "identity" | "bytes" | "sha256">,
): ShardRecord {
  const { pictures, dropped, references, problems, samples, instances } =
    figures;
  const empty = pictures - samples.length;
  return {
    ...shard,
    ...{ pictures, dropped, references, empty, problems, samples, instances },
  };
}

/** Ids that differ may make the same key: the first keeps it, the others are reported. */
function uniqueSamples(
  results: readonly ProcessedPicture[],
  seen: Set<string>,
  problems: Problem[],
): Made[] {
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
