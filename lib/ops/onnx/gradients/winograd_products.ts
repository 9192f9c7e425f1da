/**
 * Convolutions of 3 × 3 and their derivatives in Winograd's form, as products of matrices alone.
 *
 * The transforms are products with constant matrices over a whole axis of the picture. Their order
 * of axes leaves nothing to be moved before the 36 products of channels. Windows, kernels and tiles
 * are needed twice each: onnxruntime joins equal nodes.
 */

import type { GraphBuilder, OnnxValue } from "../graph.ts";
import {
  axisToTiles,
  axisToWindows,
  onBothAxes,
  tilesAlong,
  toKernels,
  window,
  windowCells,
} from "../convolution/winograd_transforms.ts";
import { product } from "../layers.ts";
import { numbers, reshapeTo, transpose } from "./movements.ts";

/** Bytes that the windows of a batch may take. */
const windowsLimit = 2 ** 28;

/** Multiplications in whose time the windows for a derivative by a weight cut one value. */
const cutting = 300;

/**
 * Whether this form pays: a convolution with its two derivatives takes a third less work,
 * transforms included, and its windows do not take too much memory.
 */
export function productsPay(x: OnnxValue, weight: OnnxValue): boolean {
  const [batch, channels, height, width] = numbers(x) as number[];
  const out = numbers(weight)[0]!;
  const rows = tilesAlong(height!), columns = tilesAlong(width!);
  const tiles = batch! * rows * columns, pairs = out * channels!;
  if (4 * windowCells * tiles * Math.max(out, channels!) > windowsLimit) {
    return false;
  }
  const pixels = batch! * height! * width!;
  const direct = pixels * (27 * pairs + cutting * channels!);
  const plane = window * columns * height! * (width! + window * rows);
  const transforms = 2 * batch! * (out + channels!) * plane;
  const kernels = 2 * 9 * windowCells * pairs;
  const products = 3 * windowCells * tiles * pairs;
  return transforms + kernels + products < 0.65 * direct;
}

/** `x` convolved with `weight`, with a padding of 1. */
export function convolveByProducts(
  graph: GraphBuilder,
  x: OnnxValue,
  weight: OnnxValue,
): OnnxValue {
  const shape = numbers(x).with(1, numbers(weight)[0]!);
  const products = product(
    graph,
    windowsOf(graph, x),
    kernelsOf(graph, weight),
    { transposeB: true },
  );
  return intoPicture(graph, products, { shape, axis: axisToTiles });
}

/** The derivative by the input, of the shape of `x`. */
export function byInputByProducts(
  graph: GraphBuilder,
  { dy, x, weight }: { dy: OnnxValue; x: OnnxValue; weight: OnnxValue },
): OnnxValue {
  const products = product(graph, tilesOf(graph, dy), kernelsOf(graph, weight));
  return intoPicture(graph, products, {
    shape: numbers(x),
    axis: axisToWindows,
  });
}

/** The derivative by the weight. */
export function byWeightByProducts(
  graph: GraphBuilder,
  { dy, x, weight }: { dy: OnnxValue; x: OnnxValue; weight: OnnxValue },
): OnnxValue {
  const products = product(graph, tilesOf(graph, dy), windowsOf(graph, x), {
    transposeA: true,
  });
  const shape = numbers(weight), pairs = shape[0]! * shape[1]!;
  const flat = reshapeTo(graph, products, [windowCells, pairs]);
  const transform = kernelTransform(graph);
  return reshapeTo(
    graph,
    product(graph, flat, transform, { transposeA: true }),
    shape,
  );
}

function kernelTransform(graph: GraphBuilder): OnnxValue {
  return graph.floats(onBothAxes(toKernels), [windowCells, 9]);
}

/** Weights as `[36, out, C]`. */
function kernelsOf(graph: GraphBuilder, weight: OnnxValue): OnnxValue {
  const [out, channels] = numbers(weight) as [number, number];
  const flat = reshapeTo(graph, weight, [out * channels, 9]);
  const kernels = product(graph, kernelTransform(graph), flat, {
    transposeB: true,
  });
  return reshapeTo(graph, kernels, [windowCells, out, channels]);
}

function windowsOf(graph: GraphBuilder, x: OnnxValue): OnnxValue {
  return fromPicture(graph, x, axisToWindows);
}

/** The transpose of how tiles are made of products. */
function tilesOf(graph: GraphBuilder, dy: OnnxValue): OnnxValue {
  return fromPicture(graph, dy, axisToTiles);
}

/** Pictures `[N, C, H, W]` as `[36, tiles · N, C]`. */
function fromPicture(
  graph: GraphBuilder,
  picture: OnnxValue,
  axis: (length: number) => Float32Array,
): OnnxValue {
  const [batch, channels, height, width] = numbers(picture) as number[];
  const planes = batch! * channels!;
  const rows = tilesAlong(height!), columns = tilesAlong(width!);
  const matrix = (length: number, tiles: number) =>
    graph.floats(axis(length), [window * tiles, length]);
  const lines = reshapeTo(graph, picture, [planes * height!, width!]);
  const across = product(graph, matrix(width!, columns), lines, {
    transposeB: true,
  });
  const stacked = reshapeTo(graph, across, [
    window * columns * planes,
    height!,
  ]);
  const both = product(graph, matrix(height!, rows), stacked, {
    transposeB: true,
  });
  const cells = [window, rows, window, columns * planes];
  const ordered = swapMiddle(graph, reshapeTo(graph, both, cells));
  const tiles = rows * columns * batch!;
  return reshapeTo(graph, ordered, [windowCells, tiles, channels!]);
}

/** The transpose of {@linkcode fromPicture}. */
function intoPicture(
  graph: GraphBuilder,
  products: OnnxValue,
  { shape, axis }: {
    shape: readonly number[];
    axis: (length: number) => Float32Array;
  },
): OnnxValue {
  const [batch, channels, height, width] = shape as number[];
  const planes = batch! * channels!;
  const rows = tilesAlong(height!), columns = tilesAlong(width!);
  const matrix = (length: number, tiles: number) =>
    graph.floats(axis(length), [window * tiles, length]);
  const cells = [window, window, rows, columns * planes];
  const ordered = swapMiddle(graph, reshapeTo(graph, products, cells));
  const stacked = reshapeTo(graph, ordered, [
    window * rows,
    window * columns * planes,
  ]);
  const down = product(graph, stacked, matrix(height!, rows), {
    transposeA: true,
  });
  const lines = reshapeTo(graph, down, [window * columns, planes * height!]);
  const both = product(graph, lines, matrix(width!, columns), {
    transposeA: true,
  });
  return reshapeTo(graph, both, shape);
}

/** Swaps the second and third of four axes. */
function swapMiddle(graph: GraphBuilder, x: OnnxValue): OnnxValue {
  const [first, second, third, last] = numbers(x) as number[];
  const shape = [first!, third!, second!, last!];
  if (second === 1 || third === 1) return reshapeTo(graph, x, shape);
  return transpose(graph, x, [0, 2, 1, 3]);
}
