/** Scores of whole columns, with their 95 % intervals. */

import { bootstrapInterval, type Interval, mean } from "../bootstrap.ts";
import { cocoEval } from "../coco_eval.ts";
import { suppress } from "../nms.ts";
import type { Column } from "./columns.ts";
import type { PictureRecord } from "./record.ts";

/** A mean with the interval that holds it with 95 % confidence. */
export interface Estimate {
  readonly value: number;
  readonly ci95: Interval;
}

/** What one column scored over all scenes. */
export interface ColumnScores {
  readonly id: string;
  readonly name: string;
  readonly pictures: number;
  readonly instances: number;
  /** COCO's AP over IoU 0.5 to 0.95; absent where the detector knows none of the classes. */
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
  readonly paper?: Column["paper"];
}

/** How often scenes are drawn anew for the interval of an average precision. */
const precisionRounds = 100;

/** Scores of a column from the records of its pictures. */
export function scoreColumn(
  column: Column,
  records: readonly PictureRecord[],
  classes: readonly string[],
): ColumnScores {
  const over = (
    statistic: (some: readonly PictureRecord[]) => number,
    rounds?: number,
  ): Estimate => ({
    value: statistic(records),
    ci95: bootstrapInterval(
      records.length,
      (indices) => statistic(indices.map((i) => records[i]!)),
      { rounds },
    ),
  });
  const each = (key: "iou" | "clipI" | "clipICutOut" | "leakage") =>
    over((some) =>
      mean(
        some.flatMap(({ instances }) =>
          instances.flatMap((one) => one[key] ?? [])
        ),
      )
    );
  const precision = (key: "AP" | "AP50", known?: readonly string[]) =>
    over((some) => averagePrecision(some, known)[key], precisionRounds);
  const all = records.flatMap(({ instances }) => instances);
  const known = all.every(({ category }) =>
    category !== undefined && classes.includes(category)
  );
  return {
    id: column.id,
    name: column.name,
    pictures: records.length,
    instances: all.length,
    ...(known &&
      {
        map: precision("AP", classes),
        map50: precision("AP50", classes),
      }),
    mapAnyClass: precision("AP"),
    map50AnyClass: precision("AP50"),
    iou: each("iou"),
    success: over((some) =>
      mean(
        some.flatMap(({ instances }) =>
          instances.map(({ success }) => success ? 1 : 0)
        ),
      )
    ),
    clipI: each("clipI"),
    clipICutOut: each("clipICutOut"),
    ...(all.some(({ leakage }) => leakage !== undefined) &&
      { leakage: each("leakage") }),
    ...(records.every(({ clipT }) => clipT !== undefined) &&
      { clipT: over((some) => mean(some.map(({ clipT }) => clipT!))) }),
    ...(column.paper && { paper: column.paper }),
  };
}

/** AP of the detections against the asked boxes; of all classes as one where `classes` is absent. */
function averagePrecision(
  records: readonly PictureRecord[],
  classes?: readonly string[],
) {
  const pixels = (
    [x0, y0, x1, y1]: readonly number[],
    { width, height }: PictureRecord,
  ) => [x0! * width, y0! * height, (x1! - x0!) * width, (y1! - y0!) * height];
  const annotations = records.flatMap((record, image_id) =>
    record.instances.map(({ box, category }) => {
      const bbox = pixels(box, record);
      const category_id = classes ? classes.indexOf(category!) : 0;
      return { image_id, category_id, bbox, area: bbox[2]! * bbox[3]! };
    })
  ).map((one, i) => ({ id: i + 1, ...one }));
  const detections = records.flatMap((record, image_id) => {
    // one object that two classes claim is one detection where classes do not count
    const found = classes
      ? record.detections
      : suppress(record.detections, { agnostic: true });
    return found.map(({ box, category, score }) => ({
      image_id,
      category_id: classes ? category : 0,
      bbox: pixels(box, record),
      score,
    }));
  });
  return cocoEval({
    images: records.map((_, id) => ({ id })),
    annotations,
    categories: (classes ?? [""]).map((_, id) => ({ id })),
  }, detections).scores;
}
