/** COCO's files of true objects and of results, checked before anything is counted. */

import { parsePythonJson } from "../../lib/core/files/parse_json.ts";
import { quote } from "../../lib/core/quote.ts";
import { LocRefError } from "../../lib/core/error.ts";
import { readJson } from "../../lib/core/files/read_json.ts";
import {
  crowdFault,
  type Entry,
  entryFault,
  entryMask,
  type ImageSizes,
  isId,
  numberFault,
} from "./coco_entries.ts";
import type { IouType } from "./coco_pairs.ts";
import { idHint } from "./coco_strays.ts";
import type {
  CocoAnnotation,
  CocoDetection,
  CocoGroundTruth,
} from "./coco_types.ts";

/** True objects, and the sizes of their images as far as they are needed. */
export interface CheckedTruth extends CocoGroundTruth {
  /** Sizes by image id, for masks only. */
  readonly sizes: ImageSizes;
}

/**
 * Reads a file of true objects.
 *
 * @throws {LocRefError} `file-invalid` naming the first member that cannot be counted.
 */
export async function readCocoTruth(
  path: string,
  type: IouType,
): Promise<CheckedTruth> {
  const truth = await readJson<CocoGroundTruth>(path, parsePythonJson);
  for (const key of ["images", "annotations", "categories"] as const) {
    if (!Array.isArray(truth?.[key])) {
      throw invalid(`File "${path}" has no list "${key}"`);
    }
  }
  checkIds(truth.images, `Image N of "${path}"`);
  checkIds(truth.categories, `Category N of "${path}"`);
  const sizes: ImageSizes = type === "segm"
    ? imageSizes(truth.images, path)
    : new Map();
  const listed = new Set<unknown>(truth.images.map(({ id }) => id));
  const annotations = truth.annotations.map((one, i) => {
    const where = `Annotation ${i + 1} of "${path}"`;
    const entry = one as unknown as Entry;
    refuse(
      where,
      entryFault(one, type) ?? numberFault(entry, "area") ?? crowdFault(entry),
    );
    // objects of images that are not listed are never compared
    if (type === "bbox" || !listed.has(one.image_id)) return one;
    return { ...one, segmentation: maskOf(where, entry, sizes) };
  });
  return { ...truth, annotations, images: withSizes(truth, sizes), sizes };
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
  truth: CheckedTruth,
): Promise<CocoDetection[]> {
  const detections = await readJson<CocoDetection[]>(path, parsePythonJson);
  if (!Array.isArray(detections)) {
    throw invalid(`File "${path}" is no list of detections`);
  }
  const ids = truth.images.map(({ id }) => id);
  const images = new Set<unknown>(ids);
  return detections.map((one, i) => {
    const where = `Detection ${i + 1} of "${path}"`;
    const entry = one as unknown as Entry;
    refuse(where, entryFault(one, type) ?? numberFault(entry, "score"));
    if (!images.has(one.image_id)) {
      const strays = detections.filter((other) => !images.has(other?.image_id));
      throw invalid(
        `${where} is of image ${
          quote(one.image_id)
        }, which is none of the true objects' file${
          strays.length > 1 ? `, nor are those of ${strays.length} in all` : ""
        }${idHint(one.image_id, ids)}`,
      );
    }
    if (type === "bbox") return one;
    return { ...one, segmentation: maskOf(where, entry, truth.sizes) };
  });
}

function checkIds(entries: readonly unknown[], where: string): void {
  for (const [i, one] of entries.entries()) {
    const at = where.replace("N", String(i + 1));
    if (typeof one !== "object" || one === null) refuse(at, "is no object");
    const { id } = one as Entry;
    if (id === undefined) refuse(at, "has no id");
    if (!isId(id)) {
      refuse(at, `has the id ${quote(id)}: a number or text was expected`);
    }
  }
}

/** Sizes of the images that have them; others get theirs from runs, or have none. */
function imageSizes(
  images: CocoGroundTruth["images"],
  path: string,
): ImageSizes {
  const sizes: ImageSizes = new Map();
  for (const [i, { id, width, height }] of images.entries()) {
    const where = `Image ${i + 1} of "${path}"`;
    for (const [name, side] of Object.entries({ width, height })) {
      const fits = side === undefined || side === null ||
        Number.isSafeInteger(side) && side > 0;
      if (fits) continue;
      refuse(where, `has the ${name} ${quote(side)}: pixels were expected`);
    }
    if (width && height) sizes.set(id, { width, height });
  }
  return sizes;
}

function withSizes(
  { images }: CocoGroundTruth,
  sizes: ImageSizes,
): CocoGroundTruth["images"] {
  return images.map((image) => ({ ...image, ...sizes.get(image.id) }));
}

function maskOf(
  where: string,
  entry: Entry,
  sizes: ImageSizes,
): CocoAnnotation["segmentation"] {
  try {
    return entryMask(entry, sizes);
  } catch (error) {
    const { message } = error as Error;
    return refuse(
      where,
      /^has /.test(message) ? message : `cannot be read: ${message}`,
    );
  }
}

function refuse(where: string, fault: string): never;
function refuse(where: string, fault: string | undefined): void;
function refuse(where: string, fault: string | undefined): void {
  if (fault !== undefined) throw invalid(`${where} ${fault}`);
}

function invalid(message: string): LocRefError {
  return new LocRefError("file-invalid", message);
}
