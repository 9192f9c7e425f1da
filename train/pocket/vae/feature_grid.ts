import { type Matrix, zeroMatrix } from "./linear_algebra.ts";

/** Values on square grids, `[count, side, side, channels]`. */
export interface FeatureGrid {
  readonly count: number;
  readonly side: number;
  readonly channels: number;
  readonly data: Float32Array;
}

/** Pictures `[3, side, side]` in 0..1 as a grid of colours in −1..1. */
export function colourGrid(
  pictures: readonly Float32Array[],
  side: number,
): FeatureGrid {
  const cells = side * side;
  const data = new Float32Array(pictures.length * cells * 3);
  for (const [n, picture] of pictures.entries()) {
    for (let i = 0; i < cells; i++) {
      for (let c = 0; c < 3; c++) {
        data[(n * cells + i) * 3 + c] = 2 * picture[c * cells + i]! - 1;
      }
    }
  }
  return { count: pictures.length, side, channels: 3, data };
}

/** The number of a grid's cells, of all its pictures. */
export function cellsOf({ count, side }: FeatureGrid): number {
  return count * side * side;
}

/** The values of 2 × 2 cells in one, in the order row, column, channel. */
export function foldGrid(grid: FeatureGrid): FeatureGrid {
  const { count, channels } = grid, side = grid.side / 2;
  const data = new Float32Array(grid.data.length);
  let to = 0;
  for (let n = 0; n < count; n++) {
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        for (let row = 0; row < 2; row++) {
          const cell = (n * grid.side + 2 * y + row) * grid.side + 2 * x;
          const from = cell * channels;
          data.set(grid.data.subarray(from, from + 2 * channels), to);
          to += 2 * channels;
        }
      }
    }
  }
  return { count, side, channels: 4 * channels, data };
}

/** The values around each cell of the grid at twice its size, in the order row, column, channel. */
export function windowsOf(
  grid: FeatureGrid,
  cells: readonly number[],
): Matrix {
  const { channels, side } = grid, large = 2 * side;
  const windows = zeroMatrix(cells.length, 9 * channels);
  for (const [i, cell] of cells.entries()) {
    const x = cell % large, y = Math.floor(cell / large) % large;
    const n = Math.floor(cell / large ** 2);
    for (let k = 0; k < 9; k++) {
      const column = x + k % 3 - 1, row = y + Math.floor(k / 3) - 1;
      if (column < 0 || row < 0 || column >= large || row >= large) continue;
      const at = (n * side + (row >> 1)) * side + (column >> 1);
      const from = at * channels, to = (i * 9 + k) * channels;
      for (let c = 0; c < channels; c++) {
        windows.data[to + c] = grid.data[from + c]!;
      }
    }
  }
  return windows;
}

/** Rows of a grid as a matrix. */
export function rowsOf(
  { channels, data }: FeatureGrid,
  cells: readonly number[],
): Matrix {
  const rows = zeroMatrix(cells.length, channels);
  for (const [i, cell] of cells.entries()) {
    const from = cell * channels;
    rows.data.set(data.subarray(from, from + channels), i * channels);
  }
  return rows;
}

/** At most `most` cells of a grid, evenly apart. */
export function someCells(grid: FeatureGrid, most: number): number[] {
  const all = cellsOf(grid);
  // an odd distance meets every row and column of the grid
  const step = Math.ceil(all / most) | 1;
  return Array.from({ length: Math.ceil(all / step) }, (_, i) => i * step);
}

/** A linear map of each cell. */
export function mapGrid(
  grid: FeatureGrid,
  { weights, bias }: { weights: Matrix; bias: Float64Array },
): FeatureGrid {
  const { rows: out, columns } = weights, cells = cellsOf(grid);
  const data = new Float32Array(cells * out);
  for (let cell = 0; cell < cells; cell++) {
    for (let o = 0; o < out; o++) {
      let value = bias[o]!;
      for (let i = 0; i < columns; i++) {
        value += weights.data[o * columns + i]! *
          grid.data[cell * columns + i]!;
      }
      data[cell * out + o] = value;
    }
  }
  return { ...grid, channels: out, data };
}
