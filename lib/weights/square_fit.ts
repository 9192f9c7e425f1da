/** How pictures that are no squares, and the grids of their cells, lie in a square. */

import type { Size } from "../core/geometry.ts";

/** The ways in which a picture or grid of another shape lies in a square. */
export const squareFits = ["stretch", "contain"] as const;

/**
 * How a picture or grid of another shape lies in a square: stretched over it, or unstretched in its
 * middle. There it lies on whole cells of the latents ({@linkcode cellsBefore}).
 */
export type SquareFit = typeof squareFits[number];

/**
 * Empty cells before those of a grid in the middle of a square, along one axis; an odd one is behind.
 * A cell so has a token of its own wherever tokens are as large as cells.
 *
 * @param cells those of the grid.
 * @param all those of the square.
 */
export function cellsBefore(cells: number, all: number): number {
  return Math.floor((all - cells) / 2);
}

/**
 * Side of the square that a picture lies in the middle of, and the picture's place there, in pixels.
 *
 * @param cell side of a cell of the latents, in pixels.
 */
export function placeInSquare(
  { width, height }: Size,
  cell: number,
): { side: number; x: number; y: number } {
  const side = Math.max(width, height);
  const before = (length: number) =>
    cell * cellsBefore(length / cell, side / cell);
  return { side, x: before(width), y: before(height) };
}
