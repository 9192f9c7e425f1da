import { counted } from "../../core/counted.ts";
import { LocRefError } from "../../core/error.ts";
import type { Size } from "../../core/geometry.ts";
import { quote } from "../../core/quote.ts";
import {
  type LayoutData,
  type LayoutObject,
  objectOrWarning,
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
  /** Width and height of which its percentages are. */
  readonly viewport: Size;
}

/** Settings that elements hand on to those inside of them. */
type Outer = Pick<Drawn, "matrix" | "viewport"> & {
  readonly visibility?: string;
};

/**
 * The rectangles of an SVG as objects, in drawing order. The name is the layer's label, the title,
 * or the `id`; rectangles without one, and hidden ones, are left out, and with a warning those without
 * an area, which are not drawn.
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
  refuseSheets(root, file);
  const { visibility } = settings(root);
  const outer = { matrix: still, viewport: canvas, visibility };
  const drawn = rectangles(root, canvas, outer);
  const warnings: string[] = [];
  const objects = drawn.flatMap((one) => {
    const name = nameOf(one.element);
    return name === undefined ? [] : rectangle(one, name, { canvas, warnings });
  });
  const { width, height } = canvas;
  if (objects.length + warnings.length > 0) {
    return { size: { width, height }, objects, warnings };
  }
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

/** Declarations of a style sheet by which a rectangle is hidden or moved. */
const moving =
  /(?<![\w-])(display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|transform\s*:)/i;

/** A style sheet's rules are not read, so that what it hides would be an object. */
function refuseSheets({ name, text, children }: Element, file: string): void {
  const found = name === "style" ? moving.exec(text) : null;
  if (found) {
    throw new LocRefError(
      "file-invalid",
      `${file} has a style sheet with ${
        quote(found[0])
      }, which is not read: write it into the elements that it is for`,
    );
  }
  for (const child of children) refuseSheets(child, file);
}

function rectangles(parent: Element, canvas: Canvas, outer: Outer): Drawn[] {
  return parent.children.flatMap((element) => {
    if (undrawn.includes(element.name)) return [];
    const { display, transform, ...rest } = settings(element);
    if (display === "none") return [];
    const { visibility = outer.visibility } = rest;
    const place = placeOf(element, canvas);
    if (rest["transform-origin"] !== undefined) {
      throw new LocRefError(
        "file-invalid",
        `${place} has a transform-origin, which is not read: put it into the transform`,
      );
    }
    const matrix = joined(outer.matrix, readTransform(transform, place));
    if (!matrix.every(Number.isFinite)) {
      throw new LocRefError(
        "file-invalid",
        `${place} is moved or scaled beyond every number that is computed with`,
      );
    }
    const { viewport } = outer;
    if (element.name === "rect") {
      const hidden = visibility === "hidden" || visibility === "collapse";
      return hidden ? [] : [{ element, matrix, viewport }];
    }
    const inner = { matrix, viewport, visibility };
    return rectangles(
      element,
      canvas,
      element.name === "svg" ? innerPicture(element, canvas, inner) : inner,
    );
  });
}

/** An SVG inside of the SVG begins at its place, and percentages are of its own sides. */
function innerPicture(element: Element, canvas: Canvas, outer: Outer): Outer {
  const { viewport } = outer;
  const { viewBox, x = "0", y = "0", ...sides } = settings(element);
  const { width = "100%", height = "100%" } = sides;
  const place = placeOf(element, canvas);
  if (viewBox !== undefined) {
    throw new LocRefError(
      "file-invalid",
      `${place} has a viewBox inside of the picture's, which is not read: take it out, or make it a group`,
    );
  }
  const shift: Matrix = [
    ...[1, 0, 0, 1] as const,
    readLength(x, viewport.width, `${place}: "x"`),
    readLength(y, viewport.height, `${place}: "y"`),
  ];
  return {
    ...outer,
    matrix: joined(outer.matrix, shift),
    viewport: {
      width: readLength(width, viewport.width, `${place}: "width"`),
      height: readLength(height, viewport.height, `${place}: "height"`),
    },
  };
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
  { element, matrix, viewport }: Drawn,
  name: string,
  { canvas, warnings }: { canvas: Canvas; warnings: string[] },
): LayoutObject[] {
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
  const x = length("x", viewport.width), y = length("y", viewport.height);
  const width = length("width", viewport.width);
  const height = length("height", viewport.height);
  if (width < 0 || height < 0) {
    throw new LocRefError(
      "file-invalid",
      `${place} is ${width} wide and ${height} high: sides must be 0 or more`,
    );
  }
  const corners = [moved(matrix, x, y), moved(matrix, x + width, y + height)];
  const across = corners.map(([at]) => at - canvas.left);
  const down = corners.map(([, at]) => at - canvas.top);
  return objectOrWarning(name, [
    Math.min(...across),
    Math.min(...down),
    Math.max(...across),
    Math.max(...down),
  ], {
    size: canvas,
    place,
    named: `${canvas.file}: rectangle`,
    unit: "units",
    warnings,
  });
}

function nameOf({ attributes, ...element }: Element): string | undefined {
  const title = childOf({ attributes, ...element }, "title")?.text;
  return [
    attributes["inkscape:label"],
    title,
    attributes["data-name"],
    attributes.id,
  ].find((one) => one !== undefined && one.trim() !== "");
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
