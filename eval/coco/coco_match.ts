import type { CocoPair } from "./coco_pairs.ts";

/** Which detections of a pair found something, within one range of areas. */
export interface PairMatches {
  /** 1 where detection d found an object at threshold t, at `t · detections + d`. */
  readonly matched: Uint8Array;
  /** 1 where it counts neither as right nor as wrong. */
  readonly ignored: Uint8Array;
  /** Number of objects that are to be found. */
  readonly objects: number;
}

/**
 * Gives each detection, best first, the object it overlaps most among those still free (crowds stay
 * free): `evaluateImg` of pycocotools. Crowds and objects outside the range are ignored, and so is
 * what finds them, and what finds nothing and is itself outside the range.
 */
export function matchPair(
  pair: CocoPair,
  range: readonly [number, number],
  thresholds: readonly number[],
): PairMatches {
  const { areas, crowds, detectedAreas, ious } = pair;
  const objects = areas.length, detections = detectedAreas.length;
  const outside = (area: number) => area < range[0] || area > range[1];
  const ignorable = areas.map((area, g) => crowds[g] || outside(area) ? 1 : 0);
  // Objects that count come first, otherwise in their own order.
  const order = [...areas.keys()].sort((a, b) => ignorable[a]! - ignorable[b]!);
  const matched = new Uint8Array(thresholds.length * detections);
  const ignored = new Uint8Array(thresholds.length * detections);
  const taken = new Uint8Array(objects);
  for (const [t, threshold] of thresholds.entries()) {
    taken.fill(0);
    for (let d = 0; d < detections; d++) {
      const at = t * detections + d;
      let best = Math.min(threshold, 1 - 1e-10), found = -1;
      for (const g of order) {
        if (taken[g] && !crowds[g]) continue;
        if (found >= 0 && !ignorable[found] && ignorable[g]) break;
        const iou = ious[d * objects + g]!;
        if (iou < best) continue;
        best = iou;
        found = g;
      }
      if (found >= 0) {
        matched[at] = 1;
        ignored[at] = ignorable[found]!;
        taken[found] = 1;
      } else if (outside(detectedAreas[d]!)) ignored[at] = 1;
    }
  }
  return {
    matched,
    ignored,
    objects: ignorable.filter((value) => !value).length,
  };
}
