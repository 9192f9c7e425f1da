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
import { refuseSheets } from "./svg_sheets.ts";
import {
  joined,
  type Matrix,
  moved,
  readTransform,
  staysUpright,
  still,
} from "./svg_transform.ts";
import { childOf, type Element, readXml } from "./xml.ts";
import { type Canvas, canvasOf } from "./svg_canvas.ts";

/** A rectangle that is drawn, or a copy of another element. */
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
  const shown = shownIn(root, canvas, outer);
  const drawn = shown.filter(({ element }) => element.name === "rect");
  const warnings: string[] = [];
  const objects = drawn.flatMap((one) => {
    const name = nameOf(one.element);
    return name === undefined ? [] : rectangle(one, name, { canvas, warnings });
  });
  const { width, height } = canvas;
  if (objects.length + warnings.length > 0) {
    const size = { width, height };
    return { size, objects, warnings: [...warnings, ...copies(shown, canvas)] };
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

/** Declarations that move an element beside its transform. */
const unread = ["transform-origin", "translate", "scale", "rotate"];

/** Elements whose rectangles are not drawn. */
const undrawn = [
  ...["defs", "clipPath", "mask", "pattern", "symbol", "marker"],
  "text", // letters have a "rotate" of their own
];

/** A clone shows a rectangle at a second place, which is not read. */
function copies(shown: readonly Drawn[], canvas: Canvas): string[] {
  return shown.filter(({ element }) => element.name === "use").map((
    { element },
  ) =>
    `${
      placeOf(element, canvas)
    } was left out: it is a copy of another element, so draw a rectangle there`
  );
}

/** Rectangles and copies that are not hidden, in drawing order. */
function shownIn(parent: Element, canvas: Canvas, outer: Outer): Drawn[] {
  return parent.children.flatMap((element) => {
    if (undrawn.includes(element.name)) return [];
    const { display, transform, ...rest } = settings(element);
    if (display === "none") return [];
    const { visibility = outer.visibility } = rest;
    const place = placeOf(element, canvas);
    const apart = unread.find((key) => rest[key] !== undefined);
    if (apart !== undefined) {
      throw new LocRefError(
        "file-invalid",
        `${place} has a ${apart}, which is not read: put it into the transform`,
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
    if (element.name === "rect" || element.name === "use") {
      const hidden = visibility === "hidden" || visibility === "collapse";
      return hidden ? [] : [{ element, matrix, viewport }];
    }
    const inner = { matrix, viewport, visibility };
    return shownIn(
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
