/** Boxes in the square that is cut out of a picture. */

import type { PixelBox } from "../sources/filters.ts";
import type { Square } from "./picture/draw_square.ts";

/** The part of a box that lies in the square which is kept. */
export function clipTo(
  { left, top, side }: Square,
  [x0, y0, x1, y1]: PixelBox,
): PixelBox {
  return [
    Math.max(left, x0),
    Math.max(top, y0),
    Math.min(left + side, x1),
    Math.min(top + side, y1),
  ];
}

/** A box as fractions of the square, of six digits. */
export function fractions(
  { left, top, side }: Square,
  [x0, y0, x1, y1]: PixelBox,
): [number, number, number, number] {
  const within = (value: number) =>
    Math.min(1, Math.max(0, Number((value / side).toFixed(6))));
  return [
    within(x0 - left),
    within(y0 - top),
    within(x1 - left),
    within(y1 - top),
  ];
}
