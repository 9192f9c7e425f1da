/** COCOeval: the twelve numbers of the COCO detection challenge, to the digits of pycocotools. */

import {
  type Curves,
  curvesOf,
  iouThresholds,
  recalls,
} from "./coco_curves.ts";
import { matchPair, type PairMatches } from "./coco_match.ts";
import {
  type CocoPair,
  cocoPairs,
  type IouType,
  mostDetections,
} from "./coco_pairs.ts";
import type {
  CocoDetection,
  CocoGroundTruth,
  CocoScores,
} from "./coco_types.ts";

/** Ranges of area in pixels: all, small, medium, large. Both ends belong to a range. */
const areaRanges = [[0, 1e10], [0, 1024], [1024, 9216], [9216, 1e10]] as const;

/** Options of {@linkcode cocoEval}. */
export interface CocoEvalOptions {
  /** Shape that is compared. @default {"bbox"} */
  type?: IouType;
}

/** Scores over all categories, and of each. */
export interface CocoResults {
  /** Means over the categories that have true objects. */
  readonly scores: CocoScores;
  /** By category id. */
  readonly categories: ReadonlyMap<number, CocoScores>;
}

/** Detections matched with true objects, to be summed up over all images or over some. */
export interface CocoMatching {
  /** Scores over all images. */
  results(): CocoResults;
  /** AP and AP50 over images in this order, which may repeat: their numbers among the sorted ids. */
  averagePrecision(
    images: readonly number[],
  ): Pick<CocoScores, "AP" | "AP50">;
}

/** Evaluates `detections` against the true objects, as COCOeval of pycocotools does. */
export function cocoEval(
  truth: CocoGroundTruth,
  detections: readonly CocoDetection[],
  options: CocoEvalOptions = {},
): CocoResults {
  return cocoMatching(truth, detections, options).results();
}

/** Matches `detections` with the true objects once, for scores over several choices of images. */
export function cocoMatching(
  truth: CocoGroundTruth,
  detections: readonly CocoDetection[],
  options: CocoEvalOptions = {},
): CocoMatching {
  const { type = "bbox" } = options;
  const { categories, pairs } = cocoPairs(truth, detections, type);
  return {
    results: () => {
      const curves = pairs.map((own) =>
        areaRanges.map((_, k) => rangeCurves(own, k))
      );
      return {
        scores: summarise(curves),
        categories: new Map(
          categories.map((id, i) => [id, summarise([curves[i]!])]),
        ),
      };
    },
    averagePrecision: overImages(pairs),
  };
}

function rangeCurves(own: readonly CocoPair[], range: number): RangeCurves {
  const matches = own.map((pair) =>
    matchPair(pair, areaRanges[range]!, iouThresholds)
  );
  // COCO reports recall at fewer detections over all areas only.
  const first = (most: number) =>
    range === 0 ? curvesOf(own, matches, most) : undefined;
  return {
    all: curvesOf(own, matches, mostDetections),
    ...{ ten: first(10), one: first(1) },
  };
}

interface MatchedPair {
  readonly pair: CocoPair;
  readonly matches: PairMatches;
}

function overImages(
  pairs: readonly (readonly CocoPair[])[],
): CocoMatching["averagePrecision"] {
  let matched: Map<number, MatchedPair>[] | undefined;
  return (images) => {
    matched ??= pairs.map((own) =>
      new Map(own.map((pair) => {
        const matches = matchPair(pair, areaRanges[0], iouThresholds);
        return [pair.image, { pair, matches }];
      }))
    );
    const precisions = matched.map((byImage) => {
      const own = images.flatMap((image) => byImage.get(image) ?? []);
      return curvesOf(
        own.map(({ pair }) => pair),
        own.map(({ matches }) => matches),
        mostDetections,
      )?.precision;
    });
    return {
      AP: mean(precisions.map((one) => part(one, recalls))),
      AP50: mean(precisions.map((one) => part(one, recalls, 0))),
    };
  };
}

interface RangeCurves {
  readonly all: Curves | undefined;
  readonly ten: Curves | undefined;
  readonly one: Curves | undefined;
}

function summarise(curves: readonly (readonly RangeCurves[])[]): CocoScores {
  const precision = (range: number, threshold?: number) =>
    mean(
      curves.map((category) =>
        part(category[range]!.all?.precision, recalls, threshold)
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
