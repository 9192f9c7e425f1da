import { counted } from "../../core/counted.ts";
import { LocRefError } from "../../core/error.ts";
import type { Size } from "../../core/geometry.ts";
import { quote } from "../../core/quote.ts";
import {
  type LayoutData,
  type LayoutObject,
  objectAt,
} from "./layout_object.ts";
import { readLength } from "./svg_length.ts";
import {
  joined,
  type Matrix,
  moved,
  readTransform,
  staysUpright,
  still,
} from "./svg_transform.ts";
import { childOf, type Element, readXml } from "./xml.ts";

/** The coordinates of an SVG. */
interface Canvas extends Size {
  readonly left: number;
  readonly top: number;
  readonly file: string;
}

/** A rectangle that is drawn. */
interface Drawn {
  readonly element: Element;
  /** From its coordinates to the picture's. */
  readonly matrix: Matrix;
}

/**
 * The rectangles of an SVG as objects, in drawing order. The name is the layer's label, the title,
 * or the `id`; rectangles without one, and hidden ones, are left out.
 *
 * @param file how messages name the file.
 * @throws {LocRefError} `file-invalid` naming file and rectangle, or if none has a name.
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
  const drawn = rectangles(root, canvas, still);
  const objects = drawn.flatMap(({ element, matrix }) => {
    const name = nameOf(element);
    return name === undefined
      ? []
      : [rectangle(element, { name, matrix, canvas })];
  });
  const { width, height } = canvas;
  if (objects.length > 0) return { size: { width, height }, objects };
  throw new LocRefError(
    "file-invalid",
    drawn.length === 0
      ? `${file} holds no visible rectangle: draw one for each object, with its name as id, title or label`
      : `${file} holds ${
        counted(drawn.length, "rectangle")
      } without a name: give each an id, a title or a label`,
  );
}

/** Elements whose rectangles are not drawn. */
const undrawn = ["defs", "clipPath", "mask", "pattern", "symbol", "marker"];

function rectangles(parent: Element, canvas: Canvas, outer: Matrix): Drawn[] {
  return parent.children.flatMap((element) => {
    if (undrawn.includes(element.name)) return [];
    const { display, visibility, transform, ...rest } = settings(element);
    if (display === "none" || visibility === "hidden") return [];
    const place = placeOf(element, canvas);
    if (rest["transform-origin"] !== undefined) {
      throw new LocRefError(
        "file-invalid",
        `${place} has a transform-origin, which is not read: put it into the transform`,
      );
    }
    const matrix = joined(outer, readTransform(transform, place));
    if (element.name === "rect") return [{ element, matrix }];
    return rectangles(
      element,
      canvas,
      element.name === "svg"
        ? joined(matrix, innerShift(element, canvas))
        : matrix,
    );
  });
}

/** Where an SVG inside of the SVG begins. */
function innerShift(element: Element, canvas: Canvas): Matrix {
  const { viewBox, x = "0", y = "0" } = settings(element);
  const place = placeOf(element, canvas);
  if (viewBox !== undefined) {
    throw new LocRefError(
      "file-invalid",
      `${place} has a viewBox inside of the picture's, which is not read: take it out, or make it a group`,
    );
  }
  return [
    ...[1, 0, 0, 1] as const,
    readLength(x, canvas.width, `${place}: "x"`),
    readLength(y, canvas.height, `${place}: "y"`),
  ];
}

/** Attributes, and the declarations of `style`, which take their place. */
function settings({ attributes }: Element): Readonly<Record<string, string>> {
  const declared = (attributes.style ?? "").split(";").flatMap((one) => {
    const [key, ...value] = one.split(":");
    return value.length === 0
      ? []
      : [[key!.trim(), value.join(":").replace(/!important/, "").trim()]];
  });
  return { ...attributes, ...Object.fromEntries(declared) };
}

function placeOf(element: Element, { file }: Canvas): string {
  const name = nameOf(element);
  return `${file}: ${element.name}${
    name === undefined ? " without a name" : ` ${quote(name)}`
  }`;
}

function rectangle(
  element: Element,
  { name, matrix, canvas }: { name: string; matrix: Matrix; canvas: Canvas },
): LayoutObject {
  const place = placeOf(element, canvas);
  const given = settings(element);
  if (!staysUpright(matrix)) {
    throw new LocRefError(
      "file-invalid",
      `${place} is turned or slanted${
        given.transform === undefined ? "" : ` by ${quote(given.transform)}`
      }, which is no box: only quarter turns are read`,
    );
  }
  const length = (key: string, whole: number) =>
    readLength(given[key] ?? "0", whole, `${place}: "${key}"`);
  const x = length("x", canvas.width), y = length("y", canvas.height);
  const width = length("width", canvas.width);
  const height = length("height", canvas.height);
  const corners = [moved(matrix, x, y), moved(matrix, x + width, y + height)];
  const across = corners.map(([at]) => at - canvas.left);
  const down = corners.map(([, at]) => at - canvas.top);
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
  const { viewBox } = attributes;
  const view = viewBox?.trim().split(/[\s,]+/).map(Number);
  if (view !== undefined) {
    const [left, top, width, height] = view as [number, number, number, number];
    const whole = view.length === 4 && view.every(Number.isFinite);
    if (whole && width > 0 && height > 0) {
      return { left, top, width, height, file };
    }
    throw new LocRefError(
      "file-invalid",
      `${file}: "viewBox" must hold left, top, a width and a height above 0, got ${
        quote(viewBox)
      }`,
    );
  }
  const side = (key: "width" | "height") => {
    const text = attributes[key];
    const place = `${file}: "${key}"`;
    const value = text === undefined || text.includes("%")
      ? 0
      : readLength(text, 0, place);
    if (value > 0) return value;
    throw new LocRefError(
      "file-invalid",
      `${file} needs a viewBox, or a width and a height above 0 that are no %`,
    );
  };
  const [width, height] = [side("width"), side("height")];
  return { left: 0, top: 0, width, height, file };
}
