/** Boxes and their units. */

import { quote, shorten as shortenText } from "../core/quote.ts";
import { LocRefError } from "../core/error.ts";
import type { FractionBox, Size } from "../core/geometry.ts";

/** A box in one of the units that {@linkcode box} offers; y points down. */
export interface Box {
  /** Pixels of the scene's own coordinate space, fractions of the canvas, or per cent of it. */
  readonly unit: "px" | "fraction" | "percent";
  /** Left, top, right, bottom. */
  readonly xyxy: readonly [number, number, number, number];
}

/** Ways to write a box, each with its unit in its name. */
export interface BoxMakers {
  /** Left, top, right and bottom in pixels of the scene. */
  xyxy(x0: number, y0: number, x1: number, y1: number): Box;
  /** Left, top, width and height in pixels of the scene. */
  xywh(x: number, y: number, width: number, height: number): Box;
  /** Centre, width and height in pixels of the scene. */
  centre(x: number, y: number, width: number, height: number): Box;
  /** Left, top, right and bottom as fractions of the canvas, 0 to 1. */
  fraction(x0: number, y0: number, x1: number, y1: number): Box;
  /** Left, top, right and bottom in per cent of the canvas, 0 to 100. */
  percent(x0: number, y0: number, x1: number, y1: number): Box;
}

/**
 * Makes boxes: `box.xyxy`, `box.xywh` and `box.centre` in pixels, `box.fraction`, `box.percent`.
 *
 * @example
 * ```ts
 * import { box } from "@locref/locref";
 *
 * const apple = box.xyxy(40, 260, 220, 440); // pixels of the scene
 * const cat = box.percent(50, 20, 95, 90); // whatever its size
 * ```
 */
export const box: BoxMakers = {
  xyxy: (...edges) => ({ unit: "px", xyxy: four("xyxy", edges) }),
  xywh: (...given) => {
    const [x, y, width, height] = four("xywh", given);
    return { unit: "px", xyxy: [x, y, x + width, y + height] };
  },
  centre: (...given) => {
    const [x, y, width, height] = four("centre", given);
    const [right, down] = [width / 2, height / 2];
    return { unit: "px", xyxy: [x - right, y - down, x + right, y + down] };
  },
  fraction: (...edges) => ({ unit: "fraction", xyxy: four("fraction", edges) }),
  percent: (...edges) => ({ unit: "percent", xyxy: four("percent", edges) }),
};

type Four = [number, number, number, number];

/** The arguments of a maker, of which there must be four numbers. */
function four(maker: keyof BoxMakers, given: readonly unknown[]): Four {
  if (given.length === 4 && given.every((one) => typeof one === "number")) {
    return [...given] as Four;
  }
  const names = maker === "xywh" || maker === "centre"
    ? "x, y, width, height"
    : "x0, y0, x1, y1";
  throw new TypeError(
    `Maker box.${maker} takes four numbers, ${names}, got ${
      given.length === 0 ? "nothing" : shortenText(given.map(quote).join(", "))
    }`,
  );
}

/**
 * The given box, if a maker made it.
 *
 * @param name what messages begin with, such as `Instance 2 ("cat.jpg")`.
 * @throws {TypeError} naming what it is and the maker that was probably meant.
 */
export function checkBox(given: unknown, name: string): asserts given is Box {
  const { unit, xyxy } = (given ?? {}) as Partial<Box>;
  if (["px", "fraction", "percent"].includes(unit!) && Array.isArray(xyxy)) {
    return;
  }
  const meant = meantBox(given);
  throw new TypeError(
    `${name}: box must be made by box.xyxy, box.xywh, box.centre, box.fraction or box.percent, got ${
      quote(given)
    }${meant === undefined ? "" : `, did you mean ${meant}?`}`,
  );
}

/** The call that makes a box of a list of numbers or an object with its edges. */
function meantBox(given: unknown): string | undefined {
  const call = (maker: string, values: readonly unknown[]) =>
    values.length === 4 && values.every((one) => Number.isFinite(one))
      ? `box.${maker}(${values.join(", ")})`
      : undefined;
  if (Array.isArray(given)) return call("xyxy", given);
  if (typeof given !== "object" || given === null) return undefined;
  const at = given as Readonly<Record<string, unknown>>;
  for (const maker of Object.keys(box)) {
    const values = at[maker];
    if (Array.isArray(values)) return call(maker, values);
  }
  if (at.box !== undefined) return "its member box";
  return call("fraction", [at.x0, at.y0, at.x1, at.y1]) ??
    call("xywh", [at.x, at.y, at.width, at.height]) ??
    call("xywh", [at.left, at.top, at.width, at.height]) ??
    call("xyxy", [at.left, at.top, at.right, at.bottom]) ??
    call("xyxy", [at.xmin, at.ymin, at.xmax, at.ymax]) ??
    call("xyxy", [at.x1, at.y1, at.x2, at.y2]);
}

/** How far rounding may carry a box over the edge, as a fraction of the canvas. */
const rounding = 1e-9;

/**
 * A box as fractions of the canvas.
 *
 * @param name what messages begin with, such as `Instance 2 ("cat.jpg")`.
 * @throws {LocRefError} `scene-invalid` if the box is empty, is not finite, leaves the canvas, or is
 * in pixels where the scene has no size.
 */
export function resolveBox(
  given: Box,
  size: { readonly width: number; readonly height: number } | undefined,
  name: string,
): FractionBox {
  const invalid = (what: string) =>
    new LocRefError("scene-invalid", `${name}: box ${describe(given)} ${what}`);
  if (given.xyxy.length !== 4 || ![...given.xyxy].every(Number.isFinite)) {
    throw invalid("must hold four finite numbers");
  }
  if (given.unit === "px" && size === undefined) {
    throw invalid(
      "is in pixels, which needs a scene with a size: scene(width, height), or box.fraction",
    );
  }
  const [x0, y0, x1, y1] = toFractions(given, size);
  if (x1 <= x0) throw invalid("is empty, its right must be beyond its left");
  if (y1 <= y0) throw invalid("is empty, its bottom must be beyond its top");
  const outside = Math.max(-x0, -y0, x1 - 1, y1 - 1);
  if (outside > rounding) {
    throw invalid(`leaves the canvas by ${percentage(outside)} %`);
  }
  return { x0: clamp(x0), y0: clamp(y0), x1: clamp(x1), y1: clamp(y1) };
}

function toFractions(
  { unit, xyxy }: Box,
  size: { readonly width: number; readonly height: number } | undefined,
): [number, number, number, number] {
  const [x0, y0, x1, y1] = xyxy;
  const width = unit === "px" ? size!.width : unit === "percent" ? 100 : 1;
  const height = unit === "px" ? size!.height : unit === "percent" ? 100 : 1;
  return [x0 / width, y0 / height, x1 / width, y1 / height];
}

function describe({ unit, xyxy }: Box): string {
  const suffix = { px: " px", percent: " %", fraction: "" }[unit];
  return `[${
    [...xyxy].slice(0, 5).map((value) => shorten(value)).join(", ")
  }]${suffix}`;
}

/** At most six digits after the point, so that sums of fractions read as they were meant. */
function shorten(value: number): string {
  return Number.isFinite(value) ? String(+value.toFixed(6)) : quote(value);
}

function percentage(fraction: number): string {
  const percent = fraction * 100;
  return percent >= 1
    ? String(Math.round(percent))
    : String(+percent.toPrecision(1));
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}

/** A box grown by a margin in pixels to all sides, as far as the picture goes. */
export function grownBox(
  { x0, y0, x1, y1 }: FractionBox,
  { width, height }: Size,
  margin: number,
): FractionBox {
  return {
    x0: Math.max(0, x0 - margin / width),
    y0: Math.max(0, y0 - margin / height),
    x1: Math.min(1, x1 + margin / width),
    y1: Math.min(1, y1 + margin / height),
  };
}
