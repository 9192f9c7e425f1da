/** Checks of what a COCO file holds, one entry at a time. */

import { quote } from "../../lib/core/quote.ts";
import {
  type Rle,
  rleOfSegmentation,
  runsLength,
  type Segmentation,
} from "../../train/dataset/sources/rle.ts";
import { checkedSegmentation } from "../../train/dataset/sources/segmentation.ts";
import type { IouType } from "./coco_pairs.ts";

/** An annotation or a detection as the file has it. */
export type Entry = Readonly<Record<string, unknown>>;

/** Sizes of images by their ids; runs give the size where the file does not. */
export type ImageSizes = Map<unknown, { height: number; width: number }>;

/** Whether ids of this kind can be compared: text, or a number that is one. */
export function isId(value: unknown): value is number | string {
  return typeof value === "string" ||
    typeof value === "number" && Number.isFinite(value);
}

/** Why an entry cannot be counted, as the end of a sentence; `undefined` where it can. */
export function entryFault(one: unknown, type: IouType): string | undefined {
  if (typeof one !== "object" || one === null) return "is no object";
  const entry = one as Entry;
  for (const key of ["image_id", "category_id"]) {
    if (entry[key] === undefined) return `has no ${key}`;
    if (!isId(entry[key])) {
      return `has the ${key} ${
        quote(entry[key])
      }: a number or text was expected`;
    }
  }
  return type === "bbox" ? boxFault(entry.bbox) : undefined;
}

function boxFault(bbox: unknown): string | undefined {
  if (bbox === undefined) return "has no bbox";
  const numbers = Array.isArray(bbox) && bbox.length === 4 &&
    bbox.every((value) => Number.isFinite(value));
  if (!numbers) {
    return `has the bbox ${quote(bbox)}: [x, y, width, height] was expected`;
  }
  return bbox[2] < 0 || bbox[3] < 0
    ? `has the bbox ${quote(bbox)}: its width and height must not be negative`
    : undefined;
}

/** Why a member that must be a finite number is none. */
export function numberFault(entry: Entry, key: string): string | undefined {
  const value = entry[key];
  if (value === undefined || value === null) return `has no ${key}`;
  return Number.isFinite(value)
    ? undefined
    : `has the ${key} ${quote(value)}: a finite number was expected`;
}

/** Why `iscrowd` is neither 0 nor 1; it may be missing. */
export function crowdFault({ iscrowd = 0 }: Entry): string | undefined {
  return [0, 1, true, false].includes(iscrowd as number)
    ? undefined
    : `has the iscrowd ${quote(iscrowd)}: 0 or 1 was expected`;
}

/**
 * The mask of an entry, in the size of its image.
 *
 * @param sizes Receives the size of an image that only runs state.
 * @throws {Error} whose message is the end of a sentence about the entry.
 */
export function entryMask(entry: Entry, sizes: ImageSizes): Segmentation {
  const { image_id } = entry;
  const segmentation = checkedSegmentation(entry.segmentation);
  if (segmentation === undefined) throw new Error("has no segmentation");
  const size = sizes.get(image_id);
  if (!("counts" in segmentation)) {
    if (size !== undefined) return segmentation;
    throw new Error(
      `has polygons, but image ${quote(image_id)} has no width and height`,
    );
  }
  const rle = rleOfSegmentation(segmentation, 0, 0);
  if (size === undefined) sizes.set(image_id, rle);
  const fault = runsFault(rle, size ?? rle);
  if (fault !== undefined) throw new Error(fault);
  return segmentation;
}

function runsFault(
  rle: Rle,
  size: { height: number; width: number },
): string | undefined {
  const { width, height } = rle;
  if (width !== size.width || height !== size.height) {
    return `has a mask of ${width} × ${height} pixels, its image has ${size.width} × ${size.height}`;
  }
  const pixels = runsLength(rle);
  return pixels === width * height
    ? undefined
    : `has runs of ${pixels} pixels for ${width} × ${height}`;
}
