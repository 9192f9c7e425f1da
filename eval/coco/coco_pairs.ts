/** Objects and detections of a COCO evaluation, sorted into pairs of image and category. */

import {
  type Rle,
  rleArea,
  rleIntersection,
  rleOfSegmentation,
} from "../../train/dataset/sources/rle.ts";
import type {
  CocoAnnotation,
  CocoDetection,
  CocoGroundTruth,
} from "./coco_types.ts";

/** Shape that is compared: boxes or masks. */
export type IouType = "bbox" | "segm";

/** All objects and detections of one category in one image. */
export interface CocoPair {
  /** The image's number among the sorted ids. */
  readonly image: number;
  /** Areas of the objects. */
  readonly areas: Float64Array;
  readonly crowds: Uint8Array;
  /** Scores of the detections, falling; at most 100. */
  readonly scores: Float64Array;
  /** Areas of the detections. */
  readonly detectedAreas: Float64Array;
  /** IoU of detection d and object g at `d · objects + g`. */
  readonly ious: Float64Array;
}

/** Most detections of one category in one image that count. */
export const mostDetections = 100;

/** The pairs of each category, in the order of category ids, each in the order of image ids. */
export function cocoPairs(
  truth: CocoGroundTruth,
  detections: readonly CocoDetection[],
  type: IouType,
): { categories: number[]; pairs: CocoPair[][] } {
  const categories = sortedUnique(truth.categories.map(({ id }) => id));
  const images = sortedUnique(truth.images.map(({ id }) => id));
  const rowOf = new Map(images.map((id, row) => [id, row]));
  const columnOf = new Map(categories.map((id, column) => [id, column]));
  const place = (one: { image_id: number | string; category_id: number }) => {
    const row = rowOf.get(one.image_id), column = columnOf.get(one.category_id);
    return row === undefined || column === undefined
      ? -1
      : column * images.length + row;
  };
  const objects = grouped(truth.annotations, place);
  const found = grouped(detections, place);
  const sizes = new Map(truth.images.map((image) => [image.id, image]));
  const pairs = categories.map((_, column) => {
    const list: CocoPair[] = [];
    for (let row = 0; row < images.length; row++) {
      const key = column * images.length + row;
      const own = objects.get(key) ?? [], answers = found.get(key) ?? [];
      if (own.length + answers.length === 0) continue;
      list.push(
        makePair(own, answers, {
          ...{ type, image: row },
          size: sizes.get(images[row]!)!,
        }),
      );
    }
    return list;
  });
  return { categories, pairs };
}

function sortedUnique<V extends number | string>(values: readonly V[]): V[] {
  return [...new Set(values)].sort((a, b) => a < b ? -1 : a > b ? 1 : 0);
}

function grouped<V>(
  values: readonly V[],
  keyOf: (value: V) => number,
): Map<number, V[]> {
  const groups = new Map<number, V[]>();
  for (const value of values) {
    const key = keyOf(value);
    if (key < 0) continue;
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}

interface PairOptions {
  readonly type: IouType;
  readonly image: number;
  readonly size: { readonly width?: number; readonly height?: number };
}

function makePair(
  objects: readonly CocoAnnotation[],
  found: readonly CocoDetection[],
  options: PairOptions,
): CocoPair {
  // Sorting is stable: of equal scores the earlier one comes first, as in numpy's mergesort.
  const best = [...found].sort((a, b) => b.score - a.score).slice(
    0,
    mostDetections,
  );
  const crowds = Uint8Array.from(objects, ({ iscrowd }) => iscrowd ? 1 : 0);
  const common = {
    image: options.image,
    areas: Float64Array.from(objects, ({ area }) => area),
    crowds,
    scores: Float64Array.from(best, ({ score }) => score),
  };
  if (options.type === "bbox") {
    const boxes = best.map((one) => one.bbox!);
    return {
      ...common,
      detectedAreas: Float64Array.from(
        boxes,
        ([, , width, height]) => width! * height!,
      ),
      ious: boxIous(boxes, objects.map(({ bbox }) => bbox), crowds),
    };
  }
  const { height = 0, width = 0 } = options.size;
  const masks = best.map((one) =>
    rleOfSegmentation(one.segmentation!, height, width)
  );
  const truths = objects.map((one) =>
    rleOfSegmentation(one.segmentation!, height, width)
  );
  return {
    ...common,
    detectedAreas: Float64Array.from(masks, rleArea),
    ious: maskIous(masks, truths, crowds),
  };
}

/** IoU of boxes; for a crowd, the part of the detection that lies in it. */
function boxIous(
  found: readonly (readonly number[])[],
  objects: readonly (readonly number[])[],
  crowds: Uint8Array,
): Float64Array {
  const ious = new Float64Array(found.length * objects.length);
  for (const [d, a] of found.entries()) {
    for (const [g, b] of objects.entries()) {
      const width = Math.min(a[0]! + a[2]!, b[0]! + b[2]!) -
        Math.max(a[0]!, b[0]!);
      const height = Math.min(a[1]! + a[3]!, b[1]! + b[3]!) -
        Math.max(a[1]!, b[1]!);
      if (width <= 0 || height <= 0) continue;
      const shared = width * height, own = a[2]! * a[3]!;
      ious[d * objects.length + g] = shared /
        (crowds[g] ? own : own + b[2]! * b[3]! - shared);
    }
  }
  return ious;
}

function maskIous(
  found: readonly Rle[],
  objects: readonly Rle[],
  crowds: Uint8Array,
): Float64Array {
  const areas = objects.map(rleArea);
  const ious = new Float64Array(found.length * objects.length);
  for (const [d, mask] of found.entries()) {
    const own = rleArea(mask);
    for (const [g, object] of objects.entries()) {
      const shared = rleIntersection(mask, object);
      if (shared === 0) continue;
      ious[d * objects.length + g] = shared /
        (crowds[g] ? own : own + areas[g]! - shared);
    }
  }
  return ious;
}
