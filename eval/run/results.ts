/** Scores of whole columns, with their 95 % intervals. */

import { classIndex } from "../../lib/scoring/class_index.ts";
import { type ClassScores, classScores } from "./class_scores.ts";
import type { Column } from "./columns.ts";
import type { Estimate } from "./estimate.ts";
import { type Measured, measures } from "./measures.ts";
import { leastScore } from "../../lib/scoring/score_picture.ts";
import { match, precisions } from "./precision.ts";
import type { PictureRecord } from "./record.ts";

/** Scores of one column over all scenes: those of {@linkcode measures} that it has, by their keys. */
export interface ColumnScores
  extends Readonly<Partial<Record<MeasureKey, Estimate>>> {
  readonly id: string;
  readonly name: string;
  readonly pictures: number;
  readonly instances: number;
  readonly classes: readonly ClassScores[];
  /** Classes of scenes that the detector does not know: their objects count as found in any class. */
  readonly unknownClasses: readonly string[];
  readonly paper?: Column["paper"];
}

type MeasureKey = typeof measures[number]["key"];

/** Which detections each score counts: not the same, so that both are said. */
export const rules = {
  map:
    "mAP counts every detection in the order of their scores, and each finds one box at most, as COCO does.",
  mapAnyClass:
    "In “any class” a box counts whatever class the detector gives it; boxes of several classes on one object are one.",
  iou:
    `IoU and success take, for each box, the detection of its class that fits best, of those with a score of at least ${leastScore}; one detection may serve two boxes.`,
} as const;

/** Those of {@linkcode measures} that some column has. */
export function measured(
  columns: readonly ColumnScores[],
): (typeof measures)[number][] {
  return measures.filter(({ key }) =>
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
  const measured: Measured = {
    records,
    ...(known && { byClass: precisions([records], { classes }) }),
    anyClass: precisions([records]),
  };
  return {
    id: column.id,
    name: column.name,
    pictures: records.length,
    instances: all.length,
    ...Object.fromEntries(measures.flatMap(({ key, of }) => {
      const value = of(measured);
      return value === undefined ? [] : [[key, value]];
    })),
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
