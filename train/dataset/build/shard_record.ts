import type { Dropped } from "../sources/filters.ts";
import type { Problem } from "../sources/source.ts";

/** One sample in the index. */
export interface IndexLine {
  /** Name of the sample's files. */
  readonly key: string;
  /** The picture's id. */
  readonly id: string;
  /** `train` or `validation`. */
  readonly split: string;
  /** File name of the shard. */
  readonly shard: string;
  /** `null` where there is none. */
  readonly caption: string | null;
  /** The class of each instance. */
  readonly categories: readonly string[];
  /** SHA-256 of each of the sample's files. */
  readonly files: Readonly<Record<string, string>>;
  /** Path of the picture as it was, named by its SHA-256, where originals are kept. */
  readonly original?: string;
}

/** Figures of one instance for the report. */
export interface InstanceFigures {
  /** Name of the class. */
  readonly category: string;
  /** Left, top, right, bottom, as fractions of the picture. */
  readonly box: readonly [number, number, number, number];
}

/** Where the references came from. */
export interface ReferenceCounts {
  /** From the picture itself, as requested. */
  readonly same: number;
  /** From another picture with the same class. */
  readonly other: number;
  /** From the picture itself, since no other picture with the class would do. */
  readonly fallback: number;
}

/** `SHARD.json`, written after `SHARD.tar`: with it a shard is finished. */
export interface ShardRecord {
  /** File name of the shard without `.tar`. */
  readonly name: string;
  /** Hash of the inputs and options that the shard was made with. */
  readonly identity: string;
  /** Length of the archive. */
  readonly bytes: number;
  /** SHA-256 of the archive. */
  readonly sha256: string;
  /** Pictures that were read for it. */
  readonly pictures: number;
  /** How many instances each filter dropped. */
  readonly dropped: Dropped;
  /** Where the references came from. */
  readonly references: ReferenceCounts;
  /** Pictures without a usable instance. */
  readonly empty: number;
  /** Problems: pictures, instances and masks that could not be used. */
  readonly problems: readonly Problem[];
  /** The shard's part of the index. */
  readonly samples: readonly IndexLine[];
  /** Figures of each sample. */
  readonly instances: readonly (readonly InstanceFigures[])[];
}
