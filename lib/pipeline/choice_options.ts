import type { Rulers } from "../../eval/rulers.ts";

/** Least scores that every instance shall reach. */
export interface LeastScores {
  /** IoU of the asked box and the detection that fits it best, 0..1. */
  readonly iou?: number;
  /** CLIP-I: cosine of the box's content and its reference, −1..1. */
  readonly clip?: number;
}

/** Options of making several pictures and keeping one. */
export interface ChoiceOptions {
  /** Number of candidates, with seeds that follow each other; needs `keep`. @default {1} */
  n?: number;
  /** Which candidate is kept: the one with the best mean over its instances of IoU and CLIP-I. */
  keep?: "best";
  /**
   * Least scores: instances that stay below them get new noise inside their boxes, and everything
   * else keeps its own, until all reach them or there were `tries` pictures.
   */
  until?: LeastScores;
  /** Most pictures for `until`. @default {4} */
  tries?: number;
  /**
   * What pictures are measured with; without `keep` and `until` the one picture is scored.
   *
   * @default {the pocket model's own, for pictures of it}
   */
  rulers?: Rulers;
}

/** Whether pictures are to be measured and chosen from. */
export function isChoice(options: ChoiceOptions): boolean {
  const { keep, until, rulers, tries, n = 1 } = options;
  return n !== 1 ||
    [keep, until, rulers, tries].some((one) => one !== undefined);
}

/**
 * Checks the options of a choice.
 *
 * @throws {RangeError | TypeError} naming the option, its value and what is allowed.
 */
export function checkChoice(options: ChoiceOptions): void {
  const { n = 1, keep, until, tries = 4 } = options;
  for (const [name, value] of [["n", n], ["tries", tries]] as const) {
    if (Number.isInteger(value) && value >= 1 && value <= 1000) continue;
    throw new RangeError(
      `Option ${name} is ${value}: it must be a whole number from 1 to 1000`,
    );
  }
  if (keep !== undefined && keep !== "best") {
    throw new TypeError(`Option keep is "${keep}": it must be "best"`);
  }
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
  const names = Object.keys(until);
  const unknown = names.find((name) =>
    !(leastScores as readonly string[]).includes(name)
  );
  if (unknown !== undefined) {
    throw new TypeError(`Option until has no "${unknown}": it takes iou, clip`);
  }
  if (leastScores.every((name) => until[name] === undefined)) {
    throw new TypeError("Option until asks for nothing: it takes iou, clip");
  }
  for (const name of leastScores) {
    const value = until[name];
    if (value === undefined || (value >= -1 && value <= 1)) continue;
    throw new RangeError(
      `Option until.${name} is ${value}: it must be a number from -1 to 1`,
    );
  }
}
