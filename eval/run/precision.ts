/** COCO's average precision of pictures: detected against requested boxes. */

import { bootstrapIntervals, mean } from "./bootstrap.ts";
import { classIndex } from "../../lib/scoring/class_index.ts";
import { type CocoMatching, cocoMatching } from "../coco/coco_eval.ts";
import { suppress } from "../../lib/scoring/detectors/nms.ts";
import type { Estimate } from "./estimate.ts";
import type { Measurement } from "./record.ts";

/** Options of {@linkcode precisions}. */
export interface PrecisionOptions {
  /** The detector's classes; all classes are one where it is absent. */
  readonly classes?: readonly string[];
  /** How often scenes are drawn anew for the intervals. @default {1000} */
  readonly rounds?: number;
}

/**
 * AP over IoU 0.5 to 0.95 and at 0.5, with their intervals over scenes. There is one list of
 * pictures a noise seed, each over the same scenes; precisions are means over the seeds.
 */
export function precisions(
  seeds: readonly (readonly Measurement[])[],
  { classes, rounds }: PrecisionOptions = {},
): readonly [Estimate, Estimate] {
  const matchings = seeds.map((pictures) => match(pictures, classes));
  const over = (scenes: readonly number[]) => {
    const each = matchings.map((one) => one.averagePrecision(scenes));
    return [
      mean(each.map(({ AP }) => AP)),
      mean(each.map(({ AP50 }) => AP50)),
    ] as const;
  };
  const count = seeds[0]!.length;
  const values = over([...seeds[0]!.keys()]);
  // draws repeat pictures and lose classes, so their precision is higher than that of all
  const options = { rounds, about: values };
  const [wide, narrow] = bootstrapIntervals(count, over, options);
  const [map, map50] = values;
  return [{ value: map, ci95: wide! }, { value: map50, ci95: narrow! }];
}

/** Detections against the requested boxes; all classes are one where `classes` is absent. */
export function match(
  records: readonly Measurement[],
  classes?: readonly string[],
): CocoMatching {
  const annotations = records.flatMap((record, image_id) =>
    record.instances.map(({ box, category }) => {
      const bbox = pixels(box, record);
      const category_id = classes ? classIndex(classes, category)! : 0;
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
  return cocoMatching({
    images: records.map((_, id) => ({ id })),
    annotations,
    categories: (classes ?? [""]).map((_, id) => ({ id })),
  }, detections);
}

/** Left, top, width and height in pixels. */
function pixels(
  [x0, y0, x1, y1]: readonly number[],
  { width, height }: Measurement,
): number[] {
  return [
    ...[x0! * width, y0! * height],
    ...[(x1! - x0!) * width, (y1! - y0!) * height],
  ];
}
