import type { Detection } from "../../pipeline/options/rulers.ts";
/** Intersection over union of two boxes by their edges. */
export function boxIou(a: readonly number[], b: readonly number[]): number {
  const across = Math.min(a[2]!, b[2]!) - Math.max(a[0]!, b[0]!);
  const down = Math.min(a[3]!, b[3]!) - Math.max(a[1]!, b[1]!);
  if (across <= 0 || down <= 0) return 0;
  const area = (box: readonly number[]) =>
    (box[2]! - box[0]!) * (box[3]! - box[1]!);
  return across * down / (area(a) + area(b) - across * down);
}

/** Options of {@linkcode suppress}. */
export interface SuppressOptions {
  /** IoU above which the lower score goes. @default {0.6} */
  iou?: number;
  /** Whether boxes of different classes suppress each other too. @default {false} */
  agnostic?: boolean;
}

/** Non-maximum suppression: of detections that overlap, the best stays. */
export function suppress(
  detections: readonly Detection[],
  options: SuppressOptions = {},
): Detection[] {
  const { iou = 0.6, agnostic = false } = options;
  const kept: Detection[] = [];
  for (const one of detections.toSorted((a, b) => b.score - a.score)) {
    const covered = kept.some((other) =>
      (agnostic || other.category === one.category) &&
      boxIou(other.box, one.box) > iou
    );
    if (!covered) kept.push(one);
  }
  return kept;
}
