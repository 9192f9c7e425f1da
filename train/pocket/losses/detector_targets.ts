import type { FractionBox } from "../../../lib/core/geometry.ts";

/** One object that a detector is to find. */
export interface DetectorObject {
  readonly box: FractionBox;
  /** Index of its class. */
  readonly category: number;
}

/** Target of each cell of one picture's grid. */
export interface DetectorTargets {
  /** Class of each cell, −1 where there is none. */
  readonly categories: Int32Array;
  /** Left, top, right, bottom of the box that a cell belongs to, in cells: `[4, side, side]`. */
  readonly boxes: Float32Array;
}

/** The part of a box around its centre whose cells predict it, after FCOS's centre sampling. */
const centre = 0.5;

/** Targets of a picture's objects; later ones lie in front, and the smaller of two wins a cell. */
export function detectorTargets(
  objects: readonly DetectorObject[],
  side: number,
): DetectorTargets {
  const cells = side * side;
  const categories = new Int32Array(cells).fill(-1);
  const boxes = new Float32Array(4 * cells);
  const bySize = objects.toSorted((a, b) => areaOf(b.box) - areaOf(a.box));
  for (const { box, category } of bySize) {
    const edges = [box.x0, box.y0, box.x1, box.y1].map((edge) => edge * side);
    for (const cell of centreCells(edges, side)) {
      categories[cell] = category;
      for (const [i, edge] of edges.entries()) boxes[i * cells + cell] = edge;
    }
  }
  return { categories, boxes };
}

function areaOf({ x0, y0, x1, y1 }: FractionBox): number {
  return (x1 - x0) * (y1 - y0);
}

/** Cells whose centres lie in the middle part of a box; at least the one in its very middle. */
function centreCells(edges: readonly number[], side: number): number[] {
  const [x0, y0, x1, y1] = edges as [number, number, number, number];
  const within = (value: number, from: number, to: number) =>
    Math.abs(value + 0.5 - (from + to) / 2) <= centre * (to - from) / 2;
  const found: number[] = [];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      if (within(x, x0, x1) && within(y, y0, y1)) found.push(y * side + x);
    }
  }
  const middle = (from: number, to: number) =>
    Math.min(side - 1, Math.floor((from + to) / 2));
  return found.length > 0 ? found : [middle(y0, y1) * side + middle(x0, x1)];
}
