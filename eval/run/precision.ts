/** COCO's average precision of pictures: what was detected against what was asked for. */

import { bootstrapIntervals } from "../bootstrap.ts";
import { classIndex } from "../../lib/scoring/class_index.ts";
import { type CocoMatching, cocoMatching } from "../coco/coco_eval.ts";
import { suppress } from "../../lib/scoring/detectors/nms.ts";
import type { Estimate } from "./estimate.ts";
import type { PictureRecord } from "./record.ts";

/** How often scenes are drawn anew for the interval of an average precision. */
const rounds = 1000;

/** AP over IoU 0.5 to 0.95 and at 0.5, with their intervals over scenes. */
export function precisions(
  records: readonly PictureRecord[],
  classes?: readonly string[],
): readonly [Estimate, Estimate] {
  const matching = match(records, classes);
  const of = (images: readonly number[]) => {
    const { AP, AP50 } = matching.averagePrecision(images);
    return [AP, AP50] as const;
  };
  const [map, map50] = of([...records.keys()]);
  const [wide, narrow] = bootstrapIntervals(records.length, of, { rounds });
  return [{ value: map, ci95: wide! }, { value: map50, ci95: narrow! }];
}

/** Detections against the asked boxes; all classes are one where `classes` is absent. */
export function match(
  records: readonly PictureRecord[],
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
  { width, height }: PictureRecord,
): number[] {
  return [
    ...[x0! * width, y0! * height],
    ...[(x1! - x0!) * width, (y1! - y0!) * height],
  ];
}
