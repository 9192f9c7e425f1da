/** COCOeval: the twelve numbers of the COCO detection challenge, to the digits of pycocotools. */

import {
  type CocoPair,
  cocoPairs,
  type IouType,
  mostDetections,
} from "./coco_pairs.ts";
import { matchPair, type PairMatches } from "./coco_match.ts";
import type {
  CocoDetection,
  CocoGroundTruth,
  CocoScores,
} from "./coco_types.ts";

/** Thresholds of IoU, with the bit patterns of `numpy.linspace(0.5, 0.95, 10)`. */
export const iouThresholds: readonly number[] = Array.from(
  { length: 10 },
  (_, i) => i === 9 ? 0.95 : 0.5 + i * ((0.95 - 0.5) / 9),
);

const recallThresholds = Array.from(
  { length: 101 },
  (_, i) => i === 100 ? 1 : 0.01 * i,
);

/** Ranges of area in pixels: all, small, medium, large. Both ends belong to a range. */
const areaRanges = [[0, 1e10], [0, 1024], [1024, 9216], [9216, 1e10]] as const;

/** Options of {@linkcode cocoEval}. */
export interface CocoEvalOptions {
  /** What is compared. @default {"bbox"} */
  type?: IouType;
}

/** Scores over all categories, and of each. */
export interface CocoResults {
  readonly scores: CocoScores;
  /** By category id. */
  readonly categories: ReadonlyMap<number, CocoScores>;
}

/** Evaluates `detections` against the true objects, as COCOeval of pycocotools does. */
export function cocoEval(
  truth: CocoGroundTruth,
  detections: readonly CocoDetection[],
  options: CocoEvalOptions = {},
): CocoResults {
  const { type = "bbox" } = options;
  const { categories, pairs } = cocoPairs(truth, detections, type);
  const curves = pairs.map((own) =>
    areaRanges.map((range) => {
      const matches = own.map((pair) => matchPair(pair, range, iouThresholds));
      return {
        all: curvesOf(own, matches, mostDetections),
        // Recall at fewer detections is asked for over all areas only.
        ten: range === areaRanges[0] ? curvesOf(own, matches, 10) : undefined,
        one: range === areaRanges[0] ? curvesOf(own, matches, 1) : undefined,
      };
    })
  );
  return {
    scores: summarise(curves),
    categories: new Map(
      categories.map((id, i) => [id, summarise([curves[i]!])]),
    ),
  };
}

/** Precision at each recall threshold and the recall reached, for each IoU threshold. */
interface Curves {
  /** `[IoU thresholds · recall thresholds]`. */
  readonly precision: Float64Array;
  readonly recall: Float64Array;
}

interface RangeCurves {
  readonly all: Curves | undefined;
  readonly ten: Curves | undefined;
  readonly one: Curves | undefined;
}

/** Curves of one category, or `undefined` where it has no objects in the range. */
function curvesOf(
  pairs: readonly CocoPair[],
  matches: readonly PairMatches[],
  most: number,
): Curves | undefined {
  const objects = matches.reduce((sum, { objects }) => sum + objects, 0);
  if (objects === 0) return undefined;
  const order = byScore(pairs, most);
  const thresholds = iouThresholds.length;
  const precision = new Float64Array(thresholds * recallThresholds.length);
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
    readOff(hits, precisions, precision.subarray(t * 101, (t + 1) * 101));
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

function summarise(curves: readonly (readonly RangeCurves[])[]): CocoScores {
  const precision = (range: number, threshold?: number) =>
    mean(
      curves.map((category) =>
        part(category[range]!.all?.precision, 101, threshold)
      ),
    );
  const recall = (range: number, most: keyof RangeCurves) =>
    mean(curves.map((category) => category[range]![most]?.recall ?? empty));
  return {
    AP: precision(0),
    AP50: precision(0, 0),
    AP75: precision(0, 5),
    APs: precision(1),
    APm: precision(2),
    APl: precision(3),
    AR1: recall(0, "one"),
    AR10: recall(0, "ten"),
    AR100: recall(0, "all"),
    ARs: recall(1, "all"),
    ARm: recall(2, "all"),
    ARl: recall(3, "all"),
  };
}

const empty = new Float64Array(0);

/** The values of one threshold, or of all. */
function part(
  values: Float64Array | undefined,
  length: number,
  threshold?: number,
): Float64Array {
  if (values === undefined) return empty;
  if (threshold === undefined) return values;
  return values.subarray(threshold * length, (threshold + 1) * length);
}

/** Mean over all values of all parts; −1 where there is none. */
function mean(parts: readonly Float64Array[]): number {
  let sum = 0, count = 0;
  for (const values of parts) {
    for (const value of values) sum += value;
    count += values.length;
  }
  return count === 0 ? -1 : sum / count;
}
