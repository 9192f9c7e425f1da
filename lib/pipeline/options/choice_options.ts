import type { Rulers } from "./rulers.ts";

/** Least scores that every instance shall reach. */
export interface LeastScores {
  /** IoU of the requested box and the detection that fits it best, 0..1. */
  readonly iou?: number;
  /** CLIP-I: cosine of the box's content and its reference, −1..1. */
  readonly clip?: number;
}

/** Options of making several pictures and keeping one. */
export interface ChoiceOptions {
  /**
   * Number of pictures, with seeds that follow each other: candidates with `keep`, and without it all
   * that `generate` returns, as a list. @default {1}
   */
  n?: number;
  /** Which candidate is kept: the one with the best mean over its instances of IoU and CLIP-I. */
  keep?: "best";
  /**
   * Least scores. Instances below them are painted anew in their boxes, and every other pixel stays
   * as it is. It ends when all instances reach them, or `tries` pictures were made.
   */
  until?: LeastScores;
  /** Most pictures for `until`. @default {4} */
  tries?: number;
  /**
   * Models that measure pictures; without `keep` and `until` the one picture is scored.
   *
   * @default {the pocket model's own, for pictures of it}
   */
  rulers?: Rulers;
}

/** Whether pictures are to be measured and chosen from. */
export function isChoice(options: ChoiceOptions): boolean {
  const { keep, until, rulers, tries } = options;
  return [keep, until, rulers, tries].some((one) => one !== undefined);
}

/** Whether a list of pictures is to be made. */
export function isSeveral(options: ChoiceOptions): boolean {
  const { n, keep, until, tries } = options;
  return n !== undefined &&
    [keep, until, tries].every((one) => one === undefined);
}

/**
 * Checks that the options of a choice fit together; their values are checked before.
 *
 * @throws {TypeError} naming the option and what it needs.
 */
export function checkChoice(options: ChoiceOptions): void {
  const { n = 1, keep, until, tries = 4 } = options;
  if (n > 1 && keep === undefined) {
    throw new TypeError(
      `Option n is ${n}: say which picture to keep with { keep: "best" }`,
    );
  }
  if (until === undefined && options.tries !== undefined) {
    throw new TypeError(
      `Option tries is ${tries}: it counts pictures until scores are reached, so it needs { until }`,
    );
  }
  if (until !== undefined) checkLeastScores(until);
}

const leastScores = ["iou", "clip"] as const;

function checkLeastScores(until: LeastScores): void {
  if (leastScores.every((name) => until[name] === undefined)) {
    throw new TypeError("Option until asks for nothing: it takes iou, clip");
  }
}
