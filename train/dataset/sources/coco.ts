/** COCO's `instances_*.json`, of any size. */

import { basename } from "node:path";
import { parsePythonJson } from "../../../lib/core/files/parse_json.ts";
import { quote } from "../../../lib/core/quote.ts";
import { LocRefError } from "../../../lib/core/error.ts";
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

interface CocoImage {
  readonly id: string;
  readonly file: string;
  readonly width?: number;
  readonly height?: number;
  readonly licence: string;
  readonly url: string;
}

/** Where an annotation lies in the file. */
interface Place {
  readonly offset: number;
  readonly length: number;
}

interface CocoIndex {
  readonly images: Map<string, CocoImage>;
  readonly places: Map<string, Place[]>;
  readonly categories: Map<string, string>;
  readonly licences: Map<string, string>;
  readonly problems: Problem[];
}

// deno-lint-ignore no-explicit-any -- members of a parsed file, checked one by one
type Parsed = any;

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

async function indexFile(path: string): Promise<CocoIndex> {
  const index: CocoIndex = {
    images: new Map(),
    places: new Map(),
    categories: new Map(),
    licences: new Map(),
    problems: [],
  };
  for await (const { key, text, offset, length } of jsonElements(path)) {
    if (!wanted.has(key)) continue;
    const value = parseAt(text, path, offset);
    if (value === null || typeof value !== "object") {
      const where = `${basename(path)}, byte ${offset}`;
      index.problems.push({ where, what: `A member of ${key} is no object` });
    } else if (key === "annotations") {
      const image = String(value.image_id);
      const places = index.places.get(image);
      if (places) places.push({ offset, length });
      else index.places.set(image, [{ offset, length }]);
    } else if (key === "images") addImage(value, index);
    else if (key === "categories") addCategory(value, index);
    else {
      const name = String(value.name ?? value.url);
      index.licences.set(String(value.id), name);
    }
  }
  return index;
}

function parseAt(text: string, path: string, offset: number): Parsed {
  try {
    return parsePythonJson(text);
  } catch (cause) {
    const why = (cause as Error).message;
    throw new LocRefError(
      "file-invalid",
      `${path}, in what begins at byte ${offset}: ${why}`,
      { cause },
    );
  }
}

const wanted = new Set(["images", "annotations", "categories", "licenses"]);

/** Whether an id can be compared: text, or a number that is one. */
function isId(value: unknown): boolean {
  return typeof value === "string" && value !== "" || Number.isFinite(value);
}

function addCategory(value: Parsed, { categories, problems }: CocoIndex): void {
  if (isId(value.id) && typeof value.name === "string") {
    categories.set(String(value.id), value.name);
    return;
  }
  const where = `category ${quote(value.id)}`;
  problems.push({ where, what: "A category without id or name" });
}

function addImage(value: Parsed, index: CocoIndex): void {
  const id = String(value.id);
  const where = `picture ${id}`;
  if (!isId(value.id) || typeof value.file_name !== "string") {
    index.problems.push({ where, what: "An image without id or file_name" });
  } else if (index.images.has(id)) {
    index.problems.push({ where, what: "Listed twice, the first is used" });
  } else {
    const [width, height] = (["width", "height"] as const).map((name) =>
      sideOf(
        value[name],
        (what) => index.problems.push({ where, what: `Its ${name} ${what}` }),
      )
    );
    index.images.set(id, {
      id,
      file: value.file_name,
      ...(width !== undefined && height !== undefined && { width, height }),
      licence: String(value.license ?? ""),
      url: String(value.flickr_url ?? value.coco_url ?? ""),
    });
  }
}

/** A side in pixels; what is no such number is reported and left out, as if it were not stated. */
function sideOf(
  value: unknown,
  report: (what: string) => void,
): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (Number.isSafeInteger(value) && Number(value) > 0) return Number(value);
  report(`is ${quote(value)}, the picture's own size is used`);
}

function reportStrays({ images, places, problems }: CocoIndex, path: string) {
  for (const [id, list] of places) {
    if (images.has(id)) continue;
    problems.push({
      where: basename(path),
      what: `${list.length} annotations name the missing picture ${id}`,
    });
  }
}

/**
 * Reads COCO's captions file: sentences by picture id.
 *
 * @throws {SyntaxError} if the file is no JSON object.
 */
export async function readCaptions(
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
