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

/** Where an object stands in a file. */
export interface FileObject {
  /** Width and height of the picture, in the unit of the corners. */
  readonly size: Size;
  /** File and entry, as messages name them. */
  readonly place: string;
  /** How the warning names them. @default {place} */
  readonly named?: string;
  /** The unit in words. */
  readonly unit: string;
  /** Takes the warning. */
  readonly warnings: string[];
}

/**
 * An object by its corners in the unit of `size`; what stands out of the picture is cut off. None,
 * and a warning, if its box has no area, or lies outside of the picture.
 *
 * @throws {LocRefError} `file-invalid` if a corner is no number, or a side is negative.
 */
export function objectOrWarning(
  name: string,
  corners: Corners,
  { size, place, named = place, unit, warnings }: FileObject,
): LayoutObject[] {
  const [left, top, right, bottom] = corners;
  const leave = (why: string) => {
    warnings.push(`${named}, a ${quote(name)}, was left out: its box ${why}`);
    return [];
  };
  if (!corners.every(Number.isFinite)) {
    throw new LocRefError(
      "file-invalid",
      `${place} lies or reaches beyond every number that is computed with, got [${
        corners.join(", ")
      }]`,
    );
  }
  if (right < left || bottom < top) {
    throw new LocRefError(
      "file-invalid",
      `${place} must be a box whose right and lower edges lie behind its left and upper ones, got [${
        corners.join(", ")
      }]`,
    );
  }
  if (right === left || bottom === top) {
    return leave(
      `of ${written(right - left)} × ${
        written(bottom - top)
      } ${unit} holds nothing`,
    );
  }
  const [x0, y0, x1, y1] = corners.map((value, i) =>
    Math.min(1, Math.max(0, value / (i % 2 === 0 ? size.width : size.height)))
  ) as [number, number, number, number];
  if (x1 > x0 && y1 > y0) return [{ name, box: box.fraction(x0, y0, x1, y1) }];
  return leave(
    `[${corners.map(written).join(", ")}] lies outside of the picture`,
  );
}

/** Differences of fractions have digits that nobody wrote. */
function written(value: number): number {
  return Number(value.toFixed(6));
}
