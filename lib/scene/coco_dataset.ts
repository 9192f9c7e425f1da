import { join } from "node:path";
import { checkOptions, checkValue } from "../core/check_options.ts";
import { list, text } from "../core/kinds.ts";
import { quote } from "../core/quote.ts";
import { writeFileAtomically } from "../core/files/write_file.ts";
import { checkDistinct, type CocoLabel, noneOf } from "../scene_data/labels.ts";
import { Picture } from "../pipeline/picture.ts";
import type { SweepPicture } from "./sweep.ts";

/** Pictures one after the other, each alone or as {@linkcode sweep} gives it. */
export type Pictures =
  | AsyncIterable<Picture | SweepPicture>
  | Iterable<Picture | SweepPicture>;

/** Options of {@linkcode saveCoco}. */
export interface SaveCocoOptions {
  /** Classes in the order of their numbers, from 1. @default {those of the pictures, sorted} */
  categories?: readonly string[];
}

/**
 * Writes pictures as a data set in COCO's format: `images/000000.png`, … and `instances.json`. The
 * requested boxes are the labels. Each picture is written at once and not kept in memory.
 *
 * @param pictures pictures, or what {@linkcode sweep} gives.
 * @returns the number of pictures.
 * @throws {RangeError} if there is no picture, or an instance is none of `options.categories`.
 */
export async function saveCoco(
  folder: string,
  pictures: Pictures,
  options: SaveCocoOptions = {},
): Promise<number> {
  checkSaveCoco(folder, pictures, options);
  const images: object[] = [];
  const labels: { image: number; category: string; label: object }[] = [];
  for await (const given of pictures) {
    const picture = pictureOf(given, images.length);
    const own = picture.labels("coco");
    if (options.categories) checkNames(own, options.categories);
    const image = images.length + 1;
    const file_name = `${String(image - 1).padStart(6, "0")}.png`;
    await picture.save(join(folder, "images", file_name));
    const { width, height } = picture;
    images.push({ id: image, file_name, width, height });
    for (const { category, ...label } of own) {
      labels.push({ image, category, label });
    }
  }
  if (images.length === 0) {
    throw new RangeError(
      "Pictures of saveCoco must be one at least, got none: a generator that was read to its end has no more",
    );
  }
  const names = options.categories ??
    [...new Set(labels.map(({ category }) => category))].sort();
  const annotations = labels.map(({ image, category, label }, i) => ({
    id: i + 1,
    image_id: image,
    category_id: names.indexOf(category) + 1,
    ...label,
  }));
  const categories = names.map((name, i) => ({ id: i + 1, name }));
  await writeFileAtomically(
    join(folder, "instances.json"),
    `${JSON.stringify({ images, annotations, categories })}\n`,
  );
  return images.length;
}

function checkSaveCoco(
  folder: unknown,
  pictures: unknown,
  options: SaveCocoOptions,
): void {
  checkValue(folder, text("a folder's path"), { name: "Folder of saveCoco" });
  checkValue(pictures, {
    must: "a list of pictures, or what sweep gives",
    is: (value) =>
      typeof value === "object" && value !== null &&
      (Symbol.asyncIterator in value || Symbol.iterator in value),
  }, { name: "Pictures of saveCoco" });
  const name = text();
  checkOptions<SaveCocoOptions>(options, {
    of: "saveCoco",
    fields: { categories: list("a list of class names", name) },
    elsewhere: { classes: "categories", names: "categories" },
  });
  checkDistinct(options.categories ?? [], "Option categories of saveCoco");
}

function pictureOf(given: unknown, index: number): Picture {
  if (given instanceof Picture) return given;
  const { picture } = (given ?? {}) as { picture?: unknown };
  if (picture instanceof Picture) return picture;
  throw new TypeError(
    `Picture ${
      index + 1
    } of saveCoco must be a picture that generate made, got ${quote(given)}`,
  );
}

function checkNames(
  labels: readonly CocoLabel[],
  names: readonly string[],
): void {
  const unknown = labels.find(({ category }) => !names.includes(category));
  if (unknown === undefined) return;
  throw new RangeError(
    `An instance is a ${quote(unknown.category)}, which is ${noneOf(names)}`,
  );
}
