/** Entries of COCO files that can never meet: they would lower scores, or make them 0, in silence. */

import { quote } from "../../lib/core/quote.ts";
import type {
  CocoDetection,
  CocoGroundTruth,
  CocoScores,
} from "./coco_types.ts";

type Id = number | string;

/** Sentences about entries that name images or categories which the true objects' file lacks. */
export function strayWarnings(
  truth: CocoGroundTruth,
  detections: readonly CocoDetection[],
): string[] {
  const images = truth.images.map(({ id }) => id);
  const categories = truth.categories.map(({ id }) => id);
  const { annotations } = truth;
  return [
    ...annotations.length === 0
      ? ["The true objects' file has no annotations: there is nothing to find"]
      : [],
    ...detections.length === 0
      ? ["The results file has no detections: nothing was found"]
      : [],
    ...strays(annotations, {
      ...{ noun: "annotation", known: images, kind: "image" },
      idOf: (one) => one.image_id,
    }),
    ...strays(annotations, {
      ...{ noun: "annotation", known: categories, kind: "category" },
      idOf: (one) => one.category_id,
    }),
    ...strays(detections, {
      ...{ noun: "detection", known: categories, kind: "category" },
      idOf: (one) => one.category_id,
    }),
  ];
}

interface Strays<T> {
  readonly noun: "annotation" | "detection";
  readonly kind: "image" | "category";
  readonly known: readonly Id[];
  readonly idOf: (one: T) => Id;
}

function strays<T>(
  entries: readonly T[],
  { noun, kind, known, idOf }: Strays<T>,
): string[] {
  const listed = new Set(known);
  const lost = entries.map(idOf).filter((id) => !listed.has(id));
  if (lost.length === 0) return [];
  const one = lost.length === 1;
  const are = one ? "is" : "are";
  const names = kind === "category"
    ? `${one ? "has" : "have"} a category that is`
    : one
    ? "names an image that is"
    : "name images that are";
  const unique = [...new Set(lost)];
  return [
    `${lost.length} ${noun}${
      one ? "" : "s"
    } ${names} not listed in the true objects' file and ${are} not compared: ${
      some(unique)
    }, where ${some(known)} ${known.length === 1 ? "is" : "are"} listed${
      idHint(lost[0]!, known) ||
      (kind === "category" && lost.includes(0)
        ? "; are they numbered from 0?"
        : "")
    }`,
  ];
}

/** The end of a message about an id that is not listed, where one is that differs only in its type. */
export function idHint(id: Id, known: readonly Id[]): string {
  const other = known.find((one) =>
    typeof one !== typeof id &&
    (String(one) === String(id) || Number(one) === Number(id))
  );
  if (other === undefined) return "";
  return typeof id === "string"
    ? `; ${quote(id)} is text, the listed id ${quote(other)} is a number`
    : `; ${quote(id)} is a number, the listed id ${quote(other)} is text`;
}

function some(ids: readonly Id[]): string {
  if (ids.length === 0) return "none";
  const shown = ids.slice(0, 4).map((id) => quote(id)).join(", ");
  return ids.length > 4 ? `${shown} and ${ids.length - 4} more` : shown;
}

/** A sentence where detections are compared with objects and none fits any, which has a reason mostly. */
export function nothingFoundWarning(
  scores: CocoScores,
  truth: CocoGroundTruth,
  detections: readonly CocoDetection[],
): string | undefined {
  if (scores.AR100 !== 0 || detections.length === 0) return undefined;
  const edges = (entries: readonly { bbox?: readonly number[] }[]) =>
    entries.flatMap(({ bbox }) => Array.isArray(bbox) ? bbox : []);
  const found = edges(detections);
  const fractions = found.length > 0 && found.every((edge) => edge <= 1.5) &&
    edges(truth.annotations).some((edge) => edge > 1.5);
  return `No detection fits an object of its image and category by IoU 0.5${
    fractions
      ? ": the detections' boxes look like fractions, [x, y, width, height] in pixels is expected"
      : "; boxes are [x, y, width, height] in pixels"
  }`;
}
