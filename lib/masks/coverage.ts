import type { SoftMask } from "../images/masks/soft_mask.ts";
/** Mᵢ of Eq. (1): how much of each cell of a grid an instance covers. */

import type { FractionBox, Size } from "../core/geometry.ts";

/**
 * The exact fraction of each cell that `box` covers, `[height · width]`, row by row.
 *
 * A box thinner than a cell still counts with its area.
 */
export function boxCoverage(box: FractionBox, size: Size): Float32Array {
  const columns = intervalCoverage(box.x0, box.x1, size.width);
  const rows = intervalCoverage(box.y0, box.y1, size.height);
  const coverage = new Float32Array(size.height * size.width);
  rows.forEach((row, y) => {
    if (row === 0) return;
    columns.forEach((column, x) => {
      coverage[y * size.width + x] = row * column;
    });
  });
  return coverage;
}

/** The part of each of `cells` equal cells of [0, 1] that lies in [from, to]. */
function intervalCoverage(from: number, to: number, cells: number): number[] {
  return Array.from({ length: cells }, (_, cell) => {
    const overlap = Math.min(to * cells, cell + 1) -
      Math.max(from * cells, cell);
    return Math.min(1, Math.max(0, overlap));
  });
}

/** The average of a soft mask over each cell, weighted by exact area, `[height · width]`. */
export function regionCoverage(mask: SoftMask, size: Size): Float32Array {
  const columns = cellWeights(mask.width, size.width);
  const rows = cellWeights(mask.height, size.height);
  const coverage = new Float32Array(size.height * size.width);
  for (let y = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++) {
      coverage[y * size.width + x] = weightedMean(mask, rows[y]!, columns[x]!);
    }
  }
  return coverage;
}

/** The pixels that fall into a cell, `first` and following, with their shares, which sum to 1. */
interface Shares {
  readonly first: number;
  readonly shares: readonly number[];
}

function cellWeights(pixels: number, cells: number): Shares[] {
  return Array.from({ length: cells }, (_, cell) => {
    const from = cell * pixels / cells;
    const to = (cell + 1) * pixels / cells;
    const first = Math.floor(from);
    const last = Math.min(pixels, Math.ceil(to));
    const shares = Array.from(
      { length: last - first },
      (_, i) =>
        (Math.min(to, first + i + 1) - Math.max(from, first + i)) / (to - from),
    );
    return { first, shares };
  });
}

function weightedMean(mask: SoftMask, rows: Shares, columns: Shares): number {
  let mean = 0;
  rows.shares.forEach((row, i) => {
    const start = (rows.first + i) * mask.width + columns.first;
    columns.shares.forEach((column, j) => {
      mean += row * column * mask.data[start + j]!;
    });
  });
  return mean;
}
