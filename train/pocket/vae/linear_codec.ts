import {
  cellsOf,
  colourGrid,
  type FeatureGrid,
  foldGrid,
  mapGrid,
  rowsOf,
  someCells,
  windowsOf,
} from "./feature_grid.ts";
import {
  type Matrix,
  multiply,
  principalComponents,
  ridgeRegression,
  zeroMatrix,
} from "./linear_algebra.ts";

/** A map from 2 × 2 cells to one: a convolution with stride 2. */
export interface DownMap {
  /** `[out, 4 · in]`, in the order row, column, channel. */
  readonly weights: Matrix;
  readonly bias: Float64Array;
}

/** A map from one cell to 2 × 2: values are repeated, then a convolution of 3 × 3 follows. */
export interface UpMap {
  /** `[9 · in + 1, out]`, the last row being the bias. */
  readonly weights: Matrix;
}

/** The best linear codec of a VAE's layout, level by level. */
export interface LinearCodec {
  /** From pixels to latents. */
  readonly down: readonly DownMap[];
  /** From latents to pixels. */
  readonly up: readonly UpMap[];
  /** Deviation of each latent channel. */
  readonly deviations: readonly number[];
}

/** Most rows that a map is fitted to. */
const mostRows = 16_000;

/**
 * Power of a component's deviation that its channel has. At 0 all channels are equally loud, at 1
 * the first is about 30 times as loud as the sixteenth. Between them, noise hides detail before
 * shape, and no channel is lost in it.
 */
const loudness = 0.3;

/**
 * Fits the codec to pictures `[3, side, side]`: principal components of patches of patches down, and
 * ridge regression from these latents back up.
 *
 * @param options.kept channels that each level keeps, the last being the latents'.
 */
export function fitLinearCodec(
  pictures: readonly Float32Array[],
  { side, kept }: { side: number; kept: readonly number[] },
): LinearCodec {
  const grids: FeatureGrid[] = [colourGrid(pictures, side)];
  const down: DownMap[] = [];
  let deviations: number[] = [];
  for (const [level, count] of kept.entries()) {
    const folded = foldGrid(grids.at(-1)!);
    const isLast = level === kept.length - 1;
    const fitted = fitDown(folded, count, isLast);
    down.push(fitted.map);
    deviations = fitted.deviations;
    grids.push(mapGrid(folded, fitted.map));
  }
  const up: UpMap[] = [];
  let coarse = grids.at(-1)!;
  for (const fine of grids.slice(0, -1).reverse()) {
    const map = fitUp(coarse, fine);
    up.push(map);
    coarse = applyUp(coarse, fine, map);
  }
  return { down, up, deviations };
}

function fitDown(
  folded: FeatureGrid,
  count: number,
  isLast: boolean,
): { map: DownMap; deviations: number[] } {
  const rows = rowsOf(folded, someCells(folded, mostRows));
  const found = principalComponents(rows, count);
  const mean = Math.hypot(...found.deviations.map((x) => x ** loudness)) /
    Math.sqrt(count);
  const wanted = [...found.deviations].map((deviation) =>
    isLast ? deviation ** loudness / mean : deviation / 2
  );
  const weights = zeroMatrix(count, folded.channels);
  const bias = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const scale = wanted[i]! / Math.max(1e-6, found.deviations[i]!);
    for (let j = 0; j < folded.channels; j++) {
      const at = i * folded.channels + j;
      weights.data[at] = found.directions.data[at]! * scale;
      bias[i]! -= weights.data[at]! * found.mean[j]!;
    }
  }
  return { map: { weights, bias }, deviations: wanted };
}

function fitUp(coarse: FeatureGrid, fine: FeatureGrid): UpMap {
  const cells = someCells(fine, mostRows);
  const windows = windowsOf(coarse, cells);
  return { weights: ridgeRegression(windows, rowsOf(fine, cells), 1e-3) };
}

/** The finer grid that a map gives. */
function applyUp(
  coarse: FeatureGrid,
  fine: FeatureGrid,
  { weights }: UpMap,
): FeatureGrid {
  const data = new Float32Array(cellsOf(fine) * fine.channels);
  const rows = weights.rows - 1, out = fine.channels;
  const inner: Matrix = {
    rows,
    columns: out,
    data: weights.data.subarray(0, rows * out),
  };
  const chunk = 4096;
  for (let first = 0; first < cellsOf(fine); first += chunk) {
    const length = Math.min(chunk, cellsOf(fine) - first);
    const cells = Array.from({ length }, (_, i) => first + i);
    const values = multiply(windowsOf(coarse, cells), inner);
    for (let i = 0; i < values.data.length; i++) {
      data[first * out + i] = values.data[i]! +
        weights.data[rows * out + i % out]!;
    }
  }
  return { ...fine, data };
}
