import type { ReferenceCounts } from "../build/shard_record.ts";
import type { Dropped } from "../sources/filters.ts";
import type { Problem } from "../sources/source.ts";

/** A histogram: how many fall into each named bin. */
export type Histogram = Readonly<Record<string, number>>;

/** `report.json`. */
export interface DatasetReport {
  /** How many were read. */
  readonly pictures: number;
  /** How many were written. */
  readonly samples: number;
  /** Instances of all samples. */
  readonly instances: number;
  /** Samples with a caption. */
  readonly captioned: number;
  /** Pictures without a usable instance, or that could not be read. */
  readonly empty: number;
  /** How many instances each filter dropped. */
  readonly dropped: Dropped;
  /** Where the references came from. */
  readonly references: ReferenceCounts;
  /** Instances by class, the most frequent first. */
  readonly classes: Histogram;
  /** Square root of the box's area as a percentage of the picture's side, in steps of 10. */
  readonly sizes: Histogram;
  /** Instances by the cell of a 5 × 5 grid that their centre lies in, row by row. */
  readonly positions: readonly number[];
  /** Samples by their number of instances. */
  readonly instances_per_picture: Histogram;
  /** Problems by name. */
  readonly problems: readonly Problem[];
  /** File names of the sample sheets. */
  readonly sheets: readonly string[];
}
