import { hashFraction } from "../../../lib/core/files/hash.ts";

/** One shard and the pictures that go into it, as indices into the source. */
export interface PlannedShard {
  /** File name without `.tar`. */
  readonly name: string;
  /** The part of the data set that it belongs to. */
  readonly split: "train" | "validation";
  /** Indices into the source's pictures. */
  readonly pictures: readonly number[];
}

/** Options of {@linkcode planShards}. */
export interface PlanOptions {
  /** Pictures a shard. */
  readonly shardSize: number;
  /** Part of the pictures that goes to the `validation` split. */
  readonly validation: number;
  /** Changes which pictures are held out. */
  readonly seed: number;
}

/** Shares pictures among splits by the hash of their ids, and among shards in their order. */
export function planShards(
  ids: readonly string[],
  { shardSize, validation, seed }: PlanOptions,
): PlannedShard[] {
  const splits = { train: [] as number[], validation: [] as number[] };
  ids.forEach((id, i) => {
    const held = hashFraction(`${seed}:${id}`) < validation;
    splits[held ? "validation" : "train"].push(i);
  });
  return (["train", "validation"] as const).flatMap((split) => {
    const pictures = splits[split];
    const count = Math.ceil(pictures.length / shardSize);
    return Array.from({ length: count }, (_, i) => ({
      name: `${split}-${String(i).padStart(6, "0")}`,
      split,
      pictures: pictures.slice(i * shardSize, (i + 1) * shardSize),
    }));
  });
}
