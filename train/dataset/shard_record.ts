import type { Dropped } from "./filters.ts";
import type { Problem } from "./source.ts";

/** One sample in the index. */
export interface IndexLine {
  readonly key: string;
  readonly id: string;
  readonly split: string;
  readonly shard: string;
  readonly caption: string | null;
  readonly categories: readonly string[];
  /** SHA-256 of each of the sample's files. */
  readonly files: Readonly<Record<string, string>>;
  /** Path of the picture as it was, named by its SHA-256, where originals are kept. */
  readonly original?: string;
}

/** What the report counts of one instance. */
export interface InstanceFigures {
  readonly category: string;
  readonly box: readonly [number, number, number, number];
}

/** Where the references came from. */
export interface ReferenceCounts {
  /** From the picture itself, as asked for. */
  readonly same: number;
  /** From another picture with the same class. */
  readonly other: number;
  /** From the picture itself, since no other picture with the class would do. */
  readonly fallback: number;
}

/** `SHARD.json`, written after `SHARD.tar`: with it a shard is finished. */
export interface ShardRecord {
  readonly name: string;
  /** Of the inputs and options that the shard was made with. */
  readonly identity: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly pictures: number;
  readonly dropped: Dropped;
  readonly references: ReferenceCounts;
  /** Pictures without a usable instance. */
  readonly empty: number;
  readonly problems: readonly Problem[];
  readonly samples: readonly IndexLine[];
  readonly instances: readonly (readonly InstanceFigures[])[];
}
