/** Curves of precision and recall, as COCOeval's `accumulate` draws them. */

import type { CocoPair } from "./coco_pairs.ts";
import type { PairMatches } from "./coco_match.ts";

/** Thresholds of IoU, with the bit patterns of `numpy.linspace(0.5, 0.95, 10)`. */
export const iouThresholds: readonly number[] = Array.from(
  { length: 10 },
  (_, i) => i === 9 ? 0.95 : 0.5 + i * ((0.95 - 0.5) / 9),
);

/** Number of recalls at which precision is read off. */
export const recalls = 101;

const recallThresholds = Array.from(
  { length: recalls },
  (_, i) => i === 100 ? 1 : 0.01 * i,
);

/** Precision at each recall threshold and the recall reached, for each IoU threshold. */
export interface Curves {
  /** `[IoU thresholds · recall thresholds]`. */
  readonly precision: Float64Array;
  readonly recall: Float64Array;
}

/** Curves of one category, or `undefined` where it has no objects in the range. */
export function curvesOf(
  pairs: readonly CocoPair[],
  matches: readonly PairMatches[],
  most: number,
): Curves | undefined {
  const objects = matches.reduce((sum, { objects }) => sum + objects, 0);
  if (objects === 0) return undefined;
  const order = byScore(pairs, most);
  const thresholds = iouThresholds.length;
  const precision = new Float64Array(thresholds * recalls);
  const recall = new Float64Array(thresholds);
  const hits = new Float64Array(order.length),
    precisions = new Float64Array(order.length);
  for (let t = 0; t < thresholds; t++) {
    let right = 0, wrong = 0;
    for (const [i, { pair, rank }] of order.entries()) {
      const { matched, ignored } = matches[pair]!;
      const at = t * pairs[pair]!.scores.length + rank;
      if (!ignored[at]) {
        if (matched[at]) right++;
        else wrong++;
      }
      hits[i] = right / objects;
      precisions[i] = right / (wrong + right + Number.EPSILON);
    }
    recall[t] = order.length > 0 ? right / objects : 0;
    envelope(precisions);
    readOff(
      hits,
      precisions,
      precision.subarray(t * recalls, (t + 1) * recalls),
    );
  }
  return { precision, recall };
}

/** All detections of a category, best first; equal scores in the order of images. */
function byScore(
  pairs: readonly CocoPair[],
  most: number,
): { pair: number; rank: number; score: number }[] {
  const all = pairs.flatMap(({ scores }, pair) =>
    Array.from(
      scores.subarray(0, most),
      (score, rank) => ({ pair, rank, score }),
    )
  );
  return all.sort((a, b) => b.score - a.score);
}

/** Makes precisions fall: each becomes the best that comes at it or after it. */
function envelope(precisions: Float64Array): void {
  for (let i = precisions.length - 1; i > 0; i--) {
    if (precisions[i]! > precisions[i - 1]!) precisions[i - 1] = precisions[i]!;
  }
}

/** Precision at the first detection that reaches each recall; 0 where none does. */
function readOff(
  recalls: Float64Array,
  precisions: Float64Array,
  out: Float64Array,
): void {
  let i = 0;
  for (const [r, threshold] of recallThresholds.entries()) {
    while (i < recalls.length && recalls[i]! < threshold) i++;
    if (i === recalls.length) return;
    out[r] = precisions[i]!;
  }
}
