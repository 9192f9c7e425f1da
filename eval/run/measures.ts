/** The scores that tables show: an entry each. */

import type { InstanceScore } from "../../lib/pipeline/options/rulers.ts";
import { type Estimate, estimate } from "./estimate.ts";
import type { PictureRecord } from "./record.ts";

/** Pictures of one column, with their precisions: over all thresholds, and at IoU 0.5. */
export interface Measured {
  /** A record for each picture. */
  readonly records: readonly PictureRecord[];
  /** By class; absent where the detector does not know all classes of the scenes. */
  readonly byClass?: readonly [Estimate, Estimate];
  /** With all classes taken as one. */
  readonly anyClass: readonly [Estimate, Estimate];
}

/** A score of a column. */
export interface Measure {
  /** Its key in `results.json`. */
  readonly key: string;
  /** Its name in tables. */
  readonly title: string;
  /** Its value with the interval; absent where it cannot be computed. */
  of(column: Measured): Estimate | undefined;
  /** Its column in `results.csv`, which has a row for each instance. @default {none} */
  readonly csv?: {
    readonly name: string;
    of(
      instance: InstanceScore,
      picture: PictureRecord,
    ): number | boolean | undefined;
  };
}

/** The scores, in the order of tables and files. */
export const measures = [
  {
    key: "map",
    title: "mAP @[.5:.95]",
    of: ({ byClass }) => byClass?.[0],
  },
  { key: "map50", title: "mAP @50", of: ({ byClass }) => byClass?.[1] },
  {
    key: "mapAnyClass",
    title: "mAP, any class @[.5:.95]",
    of: ({ anyClass }) => anyClass[0],
  },
  {
    key: "map50AnyClass",
    title: "mAP, any class @50",
    of: ({ anyClass }) => anyClass[1],
  },
  each("iou", "IoU", { csv: "iou" }),
  {
    key: "success",
    title: "success (IoU ≥ 0.5)",
    of: ({ records }) =>
      estimate(
        [records],
        ({ instances }) => instances.map(({ success }) => success ? 1 : 0),
      ),
    csv: { name: "success", of: ({ success }) => success },
  },
  each("clipI", "CLIP-I", { csv: "clip_i" }),
  each("clipICutOut", "CLIP-I, cut out", { csv: "clip_i_cut_out" }),
  each("leakage", "leakage", { csv: "leakage", some: true }),
  {
    key: "clipT",
    title: "CLIP-T",
    of: ({ records }) =>
      records.every(({ clipT }) => clipT !== undefined)
        ? estimate([records], ({ clipT }) => [clipT!])
        : undefined,
    csv: { name: "clip_t", of: (_, { clipT }) => clipT },
  },
] as const satisfies readonly Measure[];

/** A mean over all instances. `some`: absent where no instance has it. */
function each<K extends "iou" | "clipI" | "clipICutOut" | "leakage">(
  key: K,
  title: string,
  { csv, some = false }: { readonly csv: string; readonly some?: boolean },
): Measure & { readonly key: K } {
  const valuesOf = ({ instances }: PictureRecord) =>
    instances.flatMap((one) => one[key] ?? []);
  return {
    ...{ key, title },
    of: ({ records }) =>
      some && records.every((one) => valuesOf(one).length === 0)
        ? undefined
        : estimate([records], valuesOf),
    csv: { name: csv, of: (instance) => instance[key] },
  };
}
