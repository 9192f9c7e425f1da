import { LocRefError } from "../../core/error.ts";
import type { Size } from "../../core/geometry.ts";
import { quote } from "../../core/quote.ts";
import {
  type LayoutData,
  type LayoutObject,
  objectAt,
} from "./layout_object.ts";
import { childOf, type Element, readXml } from "./xml.ts";

/** Scale and shift of both axes. */
interface Transform {
  readonly scale: readonly [number, number];
  readonly shift: readonly [number, number];
}

/** The coordinates of an SVG. */
interface Canvas extends Size {
  readonly left: number;
  readonly top: number;
  readonly file: string;
}

/**
 * The rectangles of an SVG as objects, in drawing order. The name is the layer's label, the title,
 * or the `id`; rectangles without one are left out.
 *
 * @param file how messages name the file.
 * @throws {LocRefError} `file-invalid` naming file and rectangle.
 */
export async function readSvg(text: string, file: string): Promise<LayoutData> {
  const root = await readXml(text, file);
  if (root.name !== "svg") {
    throw new LocRefError(
      "file-invalid",
      `${file} holds no SVG but a ${quote(root.name)}`,
    );
  }
  const canvas = canvasOf(root, file);
  const still: Transform = { scale: [1, 1], shift: [0, 0] };
  const objects = rectangles(root, canvas, still);
  const { width, height } = canvas;
  return { size: { width, height }, objects };
}

/** Elements whose rectangles are not drawn. */
const undrawn = ["defs", "clipPath", "mask", "pattern", "symbol", "marker"];

function rectangles(
  parent: Element,
  canvas: Canvas,
  outer: Transform,
): LayoutObject[] {
  return parent.children.flatMap((child) => {
    if (undrawn.includes(child.name)) return [];
    const name = nameOf(child);
    const place = `${canvas.file}: ${child.name} ${quote(name)}`;
    const own = joined(outer, transformOf(child.attributes.transform, place));
    if (child.name !== "rect") return rectangles(child, canvas, own);
    return name === undefined
      ? []
      : [rectangle(child, { name, place, own, canvas })];
  });
}

function rectangle(
  { attributes }: Element,
  { name, place, own, canvas }: {
    name: string;
    place: string;
    own: Transform;
    canvas: Canvas;
  },
): LayoutObject {
  const length = (key: string, whole: number) =>
    lengthOf(attributes[key] ?? "0", whole, `${place}: "${key}"`);
  const x = length("x", canvas.width), y = length("y", canvas.height);
  const width = length("width", canvas.width);
  const height = length("height", canvas.height);
  const across = [x, x + width].map((value) =>
    value * own.scale[0] + own.shift[0] - canvas.left
  );
  const down = [y, y + height].map((value) =>
    value * own.scale[1] + own.shift[1] - canvas.top
  );
  return objectAt(name, [
    Math.min(...across),
    Math.min(...down),
    Math.max(...across),
    Math.max(...down),
  ], { size: canvas, place });
}

function nameOf({ attributes, ...element }: Element): string | undefined {
  const title = childOf({ attributes, ...element }, "title")?.text;
  return [
    attributes["inkscape:label"],
    title,
    attributes["data-name"],
    attributes.id,
  ].find((one) => one !== undefined && one !== "");
}

function canvasOf({ attributes }: Element, file: string): Canvas {
  const view = attributes.viewBox?.trim().split(/[\s,]+/).map(Number);
  if (view?.length === 4 && view.every(Number.isFinite)) {
    const [left, top, width, height] = view as [number, number, number, number];
    return { left, top, width, height, file };
  }
  const side = (key: "width" | "height") => {
    const text = attributes[key];
    if (text !== undefined && !text.includes("%")) {
      return lengthOf(text, 0, `${file}: "${key}"`);
    }
    throw new LocRefError(
      "file-invalid",
      `${file} needs a viewBox, or a width and a height in pixels`,
    );
  };
  const [width, height] = [side("width"), side("height")];
  return { left: 0, top: 0, width, height, file };
}

function lengthOf(text: string, whole: number, place: string): number {
  const found = /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(px|%)?\s*$/i
    .exec(text);
  if (found !== null) {
    return Number(found[1]) * (found[2] === "%" ? whole / 100 : 1);
  }
  throw new LocRefError(
    "file-invalid",
    `${place} must be a number, in px or %, got ${quote(text)}`,
  );
}

function joined(outer: Transform, inner: Transform): Transform {
  const at = (i: 0 | 1) => outer.scale[i] * inner.shift[i] + outer.shift[i];
  return {
    scale: [outer.scale[0] * inner.scale[0], outer.scale[1] * inner.scale[1]],
    shift: [at(0), at(1)],
  };
}

/** Moves and scales; a turned rectangle is no box. */
function transformOf(text: string | undefined, place: string): Transform {
  let all: Transform = { scale: [1, 1], shift: [0, 0] };
  for (const [, name, list] of (text ?? "").matchAll(/(\w+)\s*\(([^)]*)\)/g)) {
    const n = list!.trim().split(/[\s,]+/).map(Number);
    const one = stepOf(name!, n);
    if (one === undefined || !n.every(Number.isFinite)) {
      throw new LocRefError(
        "file-invalid",
        `${place} has transform ${
          quote(text)
        }, which is no box: only translate, scale and a matrix without turns are read`,
      );
    }
    all = joined(all, one);
  }
  return all;
}

function stepOf(name: string, n: readonly number[]): Transform | undefined {
  if (name === "translate") return { scale: [1, 1], shift: [n[0]!, n[1] ?? 0] };
  if (name === "scale") {
    return { scale: [n[0]!, n[1] ?? n[0]!], shift: [0, 0] };
  }
  if (name !== "matrix" || n.length !== 6 || n[1] !== 0 || n[2] !== 0) {
    return undefined;
  }
  return { scale: [n[0]!, n[3]!], shift: [n[4]!, n[5]!] };
}
