/** Scores of whole columns, with their 95 % intervals. */

import { classIndex } from "../../lib/scoring/class_index.ts";
import { type ClassScores, classScores } from "./class_scores.ts";
import type { Column } from "./columns.ts";
import { type Estimate, estimate } from "./estimate.ts";
import { leastScore } from "../../lib/scoring/score_picture.ts";
import { match, precisions } from "./precision.ts";
import type { PictureRecord } from "./record.ts";

/** Scores of one column over all scenes. */
export interface ColumnScores {
  readonly id: string;
  readonly name: string;
  readonly pictures: number;
  readonly instances: number;
  /** COCO's AP over IoU 0.5 to 0.95; absent where the detector does not know all classes. */
  readonly map?: Estimate;
  /** AP at IoU 0.5; the paper does not say which of the two it gives. */
  readonly map50?: Estimate;
  /** The same with all classes taken as one. */
  readonly mapAnyClass: Estimate;
  readonly map50AnyClass: Estimate;
  readonly iou: Estimate;
  /** Part of the instances found with an IoU of at least 0.5. */
  readonly success: Estimate;
  readonly clipI: Estimate;
  readonly clipICutOut: Estimate;
  /** Likeness of boxes to other instances' references; absent where no scene has two. */
  readonly leakage?: Estimate;
  readonly clipT?: Estimate;
  readonly classes: readonly ClassScores[];
  /** Classes of scenes that the detector does not know: their objects count as found in any class. */
  readonly unknownClasses: readonly string[];
  readonly paper?: Column["paper"];
}

/** Which detections each score counts: not the same, so that both are said. */
export const rules = {
  map:
    "mAP counts every detection in the order of their scores, and each finds one box at most, as COCO does.",
  mapAnyClass:
    "In “any class” a box counts whatever class the detector gives it; boxes of several classes on one object are one.",
  iou:
    `IoU and success take, for each box, the detection of its class that fits best, of those with a score of at least ${leastScore}; one detection may serve two boxes.`,
} as const;

/** Scores of a column that tables show, in this order. */
export const measures = [
  ["map", "mAP @[.5:.95]"],
  ["map50", "mAP @50"],
  ["mapAnyClass", "mAP, any class @[.5:.95]"],
  ["map50AnyClass", "mAP, any class @50"],
  ["iou", "IoU"],
  ["success", "success (IoU ≥ 0.5)"],
  ["clipI", "CLIP-I"],
  ["clipICutOut", "CLIP-I, cut out"],
  ["leakage", "leakage"],
  ["clipT", "CLIP-T"],
] as const;

/** Those of {@linkcode measures} that some column has. */
export function measured(
  columns: readonly ColumnScores[],
): (typeof measures)[number][] {
  return measures.filter(([key]) =>
    columns.some((column) => column[key] !== undefined)
  );
}

/** Scores of a column from the records of its pictures. */
export function scoreColumn(
  column: Column,
  records: readonly PictureRecord[],
  classes: readonly string[],
): ColumnScores {
  const all = records.flatMap(({ instances }) => instances);
  const unknown = all.map(({ category = "unknown" }) => category)
    .filter((name) => classIndex(classes, name) === undefined);
  const known = unknown.length === 0;
  const each = (key: "iou" | "clipI" | "clipICutOut" | "leakage") =>
    estimate(
      [records],
      ({ instances }) => instances.flatMap((one) => one[key] ?? []),
    );
  const [map, map50] = known ? precisions([records], { classes }) : [];
  const [mapAnyClass, map50AnyClass] = precisions([records]);
  return {
    id: column.id,
    name: column.name,
    pictures: records.length,
    instances: all.length,
    ...(known && { map, map50 }),
    ...{ mapAnyClass, map50AnyClass },
    iou: each("iou"),
    success: estimate(
      [records],
      ({ instances }) => instances.map(({ success }) => success ? 1 : 0),
    ),
    clipI: each("clipI"),
    clipICutOut: each("clipICutOut"),
    ...(all.some(({ leakage }) => leakage !== undefined) &&
      { leakage: each("leakage") }),
    ...(records.every(({ clipT }) => clipT !== undefined) &&
      { clipT: estimate([records], ({ clipT }) => [clipT!]) }),
    classes: classScores(
      records,
      known
        ? { results: match(records, classes).results(), classes }
        : undefined,
    ),
    unknownClasses: [...new Set(unknown)].sort(),
    ...(column.paper && { paper: column.paper }),
  };
}
