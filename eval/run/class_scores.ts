import { mean } from "./bootstrap.ts";
import { classIndex } from "../../lib/scoring/class_index.ts";
import type { CocoResults } from "../coco/coco_eval.ts";
import type { PictureRecord } from "./record.ts";

/** Scores of the instances of one class. */
export interface ClassScores {
  /** Name of the class, "unknown" for instances without one. */
  readonly name: string;
  readonly instances: number;
  /** AP over IoU 0.5 to 0.95 and at 0.5; absent where the detector does not know all classes. */
  readonly ap?: number;
  readonly ap50?: number;
  readonly iou: number;
  readonly success: number;
  readonly clipI: number;
}

/** Scores of each class, the most frequent first. */
export function classScores(
  records: readonly PictureRecord[],
  precision?: { results: CocoResults; classes: readonly string[] },
): ClassScores[] {
  const byName = Map.groupBy(
    records.flatMap(({ instances }) => instances),
    ({ category }) => category ?? "unknown",
  );
  return [...byName].map(([name, own]): ClassScores => {
    const index = precision && classIndex(precision.classes, name);
    const found = index === undefined
      ? undefined
      : precision!.results.categories.get(index);
    return {
      name,
      instances: own.length,
      ...(found && { ap: found.AP, ap50: found.AP50 }),
      iou: mean(own.flatMap(({ iou }) => iou ?? [])),
      success: mean(own.map(({ success }) => success ? 1 : 0)),
      clipI: mean(own.flatMap(({ clipI }) => clipI ?? [])),
    };
  }).sort((a, b) => b.instances - a.instances || (a.name < b.name ? -1 : 1));
}
