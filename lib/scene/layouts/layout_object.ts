import type { Size } from "../../core/geometry.ts";
import { LocRefError } from "../../core/error.ts";
import { quote } from "../../core/quote.ts";
import { type Box, box } from "../../scene_data/box.ts";

/** An object of a picture: its class and its place. */
export interface LayoutObject {
  /** Class or name, such as `dog`. */
  readonly name: string;
  /** Its place, as fractions of the picture. */
  readonly box: Box;
  /** How sure a detector is, 0 to 1; absent in files. */
  readonly score?: number;
}

/** Objects of one picture, as a file holds them. */
export interface LayoutData {
  /** Size of the picture in pixels, where it is known. */
  readonly size?: Size;
  /** Its objects. */
  readonly objects: readonly LayoutObject[];
  /** Objects that were left out, one sentence each. @default {none} */
  readonly warnings?: readonly string[];
}

/** Corners of a box in some unit: left, top, right, bottom. */
export type Corners = readonly [number, number, number, number];

/** A warning that an object is left out since its box has no area; `undefined` for any other box. */
export function emptyBox(
  name: string,
  [x0, y0, x1, y1]: Corners,
  { unit, place }: { unit: string; place: string },
): string | undefined {
  // differences of fractions have digits that nobody wrote
  const [width, height] = [x1 - x0, y1 - y0].map((side) =>
    Number(side.toFixed(6))
  );
  if (x1 !== x0 && y1 !== y0) return undefined;
  return `${place}, a ${
    quote(name)
  }, was left out: its box of ${width} × ${height} ${unit} holds nothing`;
}

/**
 * An object by its corners in the unit of `size`; what stands out of the picture is cut off.
 *
 * @throws {LocRefError} `file-invalid` if nothing of it is left, or a number is missing.
 */
export function objectAt(
  name: string,
  corners: Corners,
  { size, place }: { size: Size; place: string },
): LayoutObject {
  const [x0, y0, x1, y1] = corners.map((value, i) =>
    Math.min(1, Math.max(0, value / (i % 2 === 0 ? size.width : size.height)))
  ) as [number, number, number, number];
  if (corners.every(Number.isFinite) && x1 > x0 && y1 > y0) {
    return { name, box: box.fraction(x0, y0, x1, y1) };
  }
  throw new LocRefError(
    "file-invalid",
    `${place} must be a box inside the picture, got [${corners.join(", ")}]`,
  );
}
