import { counted } from "../../../lib/core/counted.ts";
import { basename } from "node:path";
import { parsePythonJson } from "../../../lib/core/files/parse_json.ts";
import { quote } from "../../../lib/core/quote.ts";
import { LocRefError } from "../../../lib/core/error.ts";
import { jsonElements } from "./json_elements.ts";
import type { Problem } from "./source.ts";

/** A picture as the file lists it. */
export interface CocoImage {
  readonly id: string;
  readonly file: string;
  readonly width?: number;
  readonly height?: number;
  readonly licence: string;
  readonly url: string;
}

/** Where an annotation lies in the file. */
export interface Place {
  readonly offset: number;
  readonly length: number;
}

/** Everything of the file but its annotations, of which it holds the places. */
export interface CocoIndex {
  readonly images: Map<string, CocoImage>;
  readonly places: Map<string, Place[]>;
  readonly categories: Map<string, string>;
  readonly licences: Map<string, string>;
  readonly problems: Problem[];
}

/** A member of the file, whose own members are checked one by one. */
// deno-lint-ignore no-explicit-any -- checked one by one
export type Parsed = any;

/** Reads a file once, and keeps where each annotation lies. */
export async function indexFile(path: string): Promise<CocoIndex> {
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

/**
 * Parses one element of the file.
 *
 * @throws {LocRefError} `file-invalid` with its place if it is no JSON.
 */
export function parseAt(text: string, path: string, offset: number): Parsed {
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

/** Reports annotations whose picture the file does not list. */
export function reportStrays(
  { images, places, problems }: CocoIndex,
  path: string,
) {
  for (const [id, list] of places) {
    if (images.has(id)) continue;
    problems.push({
      where: basename(path),
      what: `${
        counted(list.length, "annotation")
      } of the missing picture ${id}`,
    });
  }
}
