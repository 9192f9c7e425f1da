import { join } from "node:path";
import { writeFileAtomically } from "../write_file.ts";
import type { CocoLabel } from "./labels.ts";
import type { Picture } from "./picture.ts";

/** Options of {@linkcode saveCoco}. */
export interface SaveCocoOptions {
  /** Classes in the order of their numbers, from 1. @default {those of the pictures, sorted} */
  categories?: readonly string[];
}

/**
 * Writes pictures as a data set in COCO's format, `images/000000.png`, … and `instances.json`, in
 * which the asked boxes are the labels; pictures are written as they come and not kept.
 *
 * @returns the number of pictures.
 * @throws {RangeError} if an instance is none of `options.categories`.
 */
export async function saveCoco(
  folder: string,
  pictures: AsyncIterable<Picture> | Iterable<Picture>,
  options: SaveCocoOptions = {},
): Promise<number> {
  const images: object[] = [];
  const labels: { image: number; category: string; label: object }[] = [];
  for await (const picture of pictures) {
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

function checkNames(
  labels: readonly CocoLabel[],
  names: readonly string[],
): void {
  const unknown = labels.find(({ category }) => !names.includes(category));
  if (unknown === undefined) return;
  throw new RangeError(
    `An instance is a "${unknown.category}", which is none of the classes ${
      names.join(", ")
    }`,
  );
}
