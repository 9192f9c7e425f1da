/** COCO's files of true objects and of results, checked before anything is counted. */

import { LocRefError } from "../lib/error.ts";
import { readJson } from "../lib/read_json.ts";
import type { IouType } from "./coco_pairs.ts";
import type {
  CocoAnnotation,
  CocoDetection,
  CocoGroundTruth,
} from "./coco_types.ts";

/**
 * Reads a file of true objects.
 *
 * @throws {LocRefError} `file-invalid` naming the first object that lacks something.
 */
export async function readCocoTruth(
  path: string,
  type: IouType,
): Promise<CocoGroundTruth> {
  const truth = await readJson<CocoGroundTruth>(path);
  for (const key of ["images", "annotations", "categories"] as const) {
    if (!Array.isArray(truth?.[key])) {
      throw invalid(`File "${path}" has no list "${key}"`);
    }
  }
  for (const [i, one] of truth.annotations.entries()) {
    const fault = placeFault(one, type) ??
      (Number.isFinite(one.area) ? undefined : "has no area");
    if (fault) throw invalid(`Annotation ${i + 1} of "${path}" ${fault}`);
  }
  return truth;
}

/**
 * Reads a file of detections in the pictures of `truth`.
 *
 * @throws {LocRefError} `file-invalid` naming the first detection that lacks something, or whose
 *   picture is not in `truth`.
 */
export async function readCocoDetections(
  path: string,
  type: IouType,
  truth: CocoGroundTruth,
): Promise<CocoDetection[]> {
  const detections = await readJson<CocoDetection[]>(path);
  if (!Array.isArray(detections)) {
    throw invalid(`File "${path}" is no list of detections`);
  }
  const images = new Set(truth.images.map(({ id }) => id));
  for (const [i, one] of detections.entries()) {
    const fault = placeFault(one, type) ??
      (Number.isFinite(one.score) ? undefined : "has no score") ??
      (images.has(one.image_id)
        ? undefined
        : `is of image ${
          JSON.stringify(one.image_id)
        }, which is none of the true objects' file`);
    if (fault) throw invalid(`Detection ${i + 1} of "${path}" ${fault}`);
  }
  return detections;
}

/** What is wrong with the box or mask of an entry. */
function placeFault(
  one: CocoAnnotation | CocoDetection | null,
  type: IouType,
): string | undefined {
  if (typeof one !== "object" || one === null) return "is no object";
  if (type === "segm") {
    return one.segmentation ? undefined : "has no segmentation";
  }
  const { bbox } = one;
  if (bbox === undefined) return "has no bbox";
  const whole = Array.isArray(bbox) && bbox.length === 4 &&
    bbox.every((value) => Number.isFinite(value));
  return whole
    ? undefined
    : `has the bbox ${
      JSON.stringify(bbox)
    }: [x, y, width, height] was expected`;
}

function invalid(message: string): LocRefError {
  return new LocRefError("file-invalid", message);
}
