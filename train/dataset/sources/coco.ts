/** COCO's `instances_*.json`, of any size. */

import { basename } from "node:path";
import { parsePythonJson } from "../../../lib/core/files/parse_json.ts";
import { quote } from "../../../lib/core/quote.ts";
import { hashNamedFile } from "./open_file.ts";
import { jsonElements } from "./json_elements.ts";
import type { Segmentation } from "./rle.ts";
import {
  compareIds,
  keyOf,
  type PictureSource,
  type Problem,
  type SourceInstance,
  type SourcePicture,
} from "./source.ts";
import {
  type CocoImage,
  type CocoIndex,
  indexFile,
  parseAt,
  type Parsed,
  type Place,
  reportStrays,
} from "./coco_index.ts";

/** Options of {@linkcode openCoco}. */
export interface CocoOptions {
  /** COCO's `captions_*.json`. */
  readonly captions?: string;
}

/**
 * Opens COCO annotations. Only the pictures' records and the places of the annotations are kept
 * in memory; annotations are read when their picture is.
 *
 * @throws {SyntaxError} if the file is no JSON object.
 * @throws {LocRefError} `file-missing`; `file-invalid` with the place of a member that is no JSON.
 */
export async function openCoco(
  path: string,
  options: CocoOptions = {},
): Promise<PictureSource> {
  const hashes: Record<string, string> = {
    [basename(path)]: await hashNamedFile(path),
  };
  const index = await indexFile(path);
  const captions = new Map<string, string[]>();
  if (options.captions !== undefined) {
    hashes[basename(options.captions)] = await hashNamedFile(options.captions);
    await readCaptions(options.captions, captions);
  }
  reportStrays(index, path);
  const file = await Deno.open(path);
  const ids = [...index.images.keys()].sort(compareIds);
  return {
    dataset: "coco",
    categories: [...index.categories.values()],
    ids,
    problems: index.problems,
    hashes,
    async read(i) {
      const image = index.images.get(ids[i]!)!;
      return await readImage(file, image, index, captions);
    },
    close: () => file.close(),
  };
}

/**
 * Reads COCO's captions file: sentences by picture id.
 *
 * @throws {SyntaxError} if the file is no JSON object.
 */
async function readCaptions(
  path: string,
  into: Map<string, string[]>,
): Promise<void> {
  for await (const { key, text, offset } of jsonElements(path)) {
    if (key !== "annotations") continue;
    const { image_id, caption } = parseAt(text, path, offset) ?? {};
    if (typeof caption !== "string") continue;
    const id = String(image_id);
    into.set(id, [...into.get(id) ?? [], caption.trim()]);
  }
}

async function readImage(
  file: Deno.FsFile,
  image: CocoImage,
  index: CocoIndex,
  captions: ReadonlyMap<string, string[]>,
): Promise<SourcePicture> {
  const instances: SourceInstance[] = [];
  const problems: Problem[] = [];
  for (const place of index.places.get(image.id) ?? []) {
    const value = parsePythonJson(readPlace(file, place)) as Parsed;
    const where = `picture ${image.id}, annotation ${value.id ?? "without id"}`;
    const what = faultOf(value, index);
    if (what === undefined) instances.push(instanceOf(value, index));
    const { area = null } = value;
    const minor = area === null || isArea(area)
      ? undefined
      : `area is ${quote(area)}; kept without it`;
    const told = what ?? minor;
    if (told !== undefined) problems.push({ where, what: told });
  }
  return await Promise.resolve({
    ...image,
    key: keyOf(image.id),
    unit: "pixel",
    licence: index.licences.get(image.licence) ?? image.licence,
    captions: captions.get(image.id) ?? [],
    problems,
    instances: instances.sort((a, b) => compareIds(a.id, b.id)),
  });
}

/** Synchronous, so that no other reader moves the file's position in between. */
function readPlace(file: Deno.FsFile, { offset, length }: Place): string {
  const bytes = new Uint8Array(length);
  file.seekSync(offset, Deno.SeekMode.Start);
  for (let at = 0; at < length;) {
    const read = file.readSync(bytes.subarray(at));
    if (read === null) throw new SyntaxError("The annotations became shorter");
    at += read;
  }
  return new TextDecoder().decode(bytes);
}

function faultOf(value: Parsed, { categories }: CocoIndex): string | undefined {
  const { bbox, category_id } = value;
  const isBox = Array.isArray(bbox) && bbox.length === 4 &&
    bbox.every(Number.isFinite);
  if (!isBox) {
    return `bbox must be four numbers, got ${quote(bbox)}`;
  }
  if (bbox[2] < 0 || bbox[3] < 0) {
    return `bbox must be [x, y, width, height] without negative sides, got ${
      quote(bbox)
    }`;
  }
  if (!categories.has(String(category_id))) {
    return `Category ${quote(category_id)} is not among the categories`;
  }
}

function isArea(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value < Infinity;
}

function instanceOf(value: Parsed, { categories }: CocoIndex): SourceInstance {
  const [x, y, w, h] = value.bbox as [number, number, number, number];
  return {
    id: String(value.id),
    category: categories.get(String(value.category_id))!,
    box: [x, y, x + w, y + h],
    given: value.bbox,
    area: isArea(value.area) ? value.area : undefined,
    // checked when the mask is made, which is done without it where it is none
    segmentation: value.segmentation as Segmentation | undefined,
    unfit: Number(value.iscrowd) === 1 ? "crowd" : undefined,
  };
}
