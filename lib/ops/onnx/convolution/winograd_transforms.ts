/**
 * The matrices of Winograd's minimal filtering F(4 × 4, 3 × 3) along one axis, for the points 0, 1,
 * −1, 2, −2 and infinity (Lavin and Gray, arXiv 1509.09308).
 */

/** Pixels of a tile's side, and of the overlapping window of the input that makes it. */
export const tile = 4, window = 6;

/** Values of a window, and of a tile. */
export const windowCells: number = window ** 2, tileCells: number = tile ** 2;

/** A matrix, row by row. */
export type Matrix = readonly (readonly number[])[];

/** From the pixels of a window. */
export const toWindows: Matrix = [
  [4, 0, -5, 0, 1, 0],
  [0, -4, -4, 1, 1, 0],
  [0, 4, -4, -1, 1, 0],
  [0, -2, -1, 2, 1, 0],
  [0, 2, -1, -2, 1, 0],
  [0, 4, 0, -5, 0, 1],
];

/** From a kernel of 3. */
export const toKernels: Matrix = [
  [1 / 4, 0, 0],
  [-1 / 6, -1 / 6, -1 / 6],
  [-1 / 6, 1 / 6, -1 / 6],
  [1 / 24, 1 / 12, 1 / 6],
  [1 / 24, -1 / 12, 1 / 6],
  [0, 0, 1],
];

/** From products to the pixels of a tile. */
export const toTiles: Matrix = [
  [1, 1, 1, 1, 1, 0],
  [0, 1, -1, 2, -2, 0],
  [0, 1, 1, 4, 4, 0],
  [0, 1, -1, 8, -8, 1],
];

/** A transform of both axes at once, row by row. */
export function onBothAxes(matrix: Matrix): number[] {
  return matrix.flatMap((down) =>
    matrix.flatMap((across) => down.flatMap((a) => across.map((b) => a * b)))
  );
}

/** Tiles along an axis of `length` pixels. */
export function tilesAlong(length: number): number {
  return Math.ceil(length / tile);
}

/**
 * From the pixels of a whole axis to all windows along it, `[6 · tiles, length]`; pixels beyond the
 * rim are zero.
 */
export function axisToWindows(length: number): Float32Array {
  return alongAxis(length, (cell, at) => toWindows[cell]![at + 1] ?? 0);
}

/** From all tiles' products along an axis to its pixels, transposed: `[6 · tiles, length]`. */
export function axisToTiles(length: number): Float32Array {
  return alongAxis(length, (cell, at) => toTiles[at]?.[cell] ?? 0);
}

/** `value(cell, at)` for the pixel `at` places after a tile's first. */
function alongAxis(
  length: number,
  value: (cell: number, at: number) => number,
): Float32Array {
  const tiles = tilesAlong(length);
  const matrix = new Float32Array(window * tiles * length);
  for (let row = 0; row < window * tiles; row++) {
    const cell = Math.floor(row / tiles), first = tile * (row % tiles);
    for (let pixel = 0; pixel < length; pixel++) {
      matrix[row * length + pixel] = value(cell, pixel - first);
    }
  }
  return matrix;
}
