/** Sizes and boxes, as everything above uses them. */

/** Height and width of an image value, in its own pixels. */
export interface Size {
  /** In pixels, or cells. */
  readonly height: number;
  /** In pixels, or cells. */
  readonly width: number;
}

/** A box as fractions of the canvas, `0 ≤ x0 < x1 ≤ 1`, `0 ≤ y0 < y1 ≤ 1`, y downwards. */
export interface FractionBox {
  /** Left edge. */
  readonly x0: number;
  /** Upper edge. */
  readonly y0: number;
  /** Right edge. */
  readonly x1: number;
  /** Lower edge. */
  readonly y1: number;
}

/** Whether two boxes share an area; boxes that touch do not. */
export function boxesOverlap(a: FractionBox, b: FractionBox): boolean {
  return Math.min(a.x1, b.x1) > Math.max(a.x0, b.x0) &&
    Math.min(a.y1, b.y1) > Math.max(a.y0, b.y0);
}
