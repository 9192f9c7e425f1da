/**
 * Convolution of 3 × 3 by Winograd's minimal filtering F(4 × 4, 3 × 3) (Lavin and Gray, "Fast
 * algorithms for convolutional neural networks", arXiv 1509.09308): tiles of 4 × 4 pixels take 36
 * multiplications a pair of channels instead of 144.
 *
 * All of it is matrix products. Cutting the picture into overlapping tiles, padding and the
 * transform of a tile are one matrix an axis, as the transform back and the joining of tiles are.
 */

import type { GraphBuilder, OnnxValue } from "./onnx_graph.ts";
import { reshape } from "./onnx_shapes.ts";

/** Pixels of a tile's side, and of the part of the padded picture that makes it. */
const tile = 4, window = 6;

// for the points 0, 1, −1, 2, −2 and infinity
const input = [
  [4, 0, -5, 0, 1, 0],
  [0, -4, -4, 1, 1, 0],
  [0, 4, -4, -1, 1, 0],
  [0, -2, -1, 2, 1, 0],
  [0, 2, -1, -2, 1, 0],
  [0, 4, 0, -5, 0, 1],
];
const kernel = [
  [1 / 4, 0, 0],
  [-1 / 6, -1 / 6, -1 / 6],
  [-1 / 6, 1 / 6, -1 / 6],
  [1 / 24, 1 / 12, 1 / 6],
  [1 / 24, -1 / 12, 1 / 6],
  [0, 0, 1],
];
const output = [
  [1, 1, 1, 1, 1, 0],
  [0, 1, -1, 2, -2, 0],
  [0, 1, 1, 4, 4, 0],
  [0, 1, -1, 8, -8, 1],
];

/** A convolution's sizes. */
export interface ConvolutionSize {
  /** Channels of the input. */
  readonly channels: number;
  /** Channels of the output. */
  readonly out: number;
  /** Of the picture, in pixels. */
  readonly height: number;
  /** Of the picture, in pixels. */
  readonly width: number;
}

/** Multiplications of a picture's convolution of 3 × 3, done directly. */
export function directMultiplications(size: ConvolutionSize): number {
  return 9 * size.channels * size.out * size.height * size.width;
}

/**
 * Whether Winograd's form saves more than a third of the multiplications, those of its transforms
 * included; they are dense, so that it does not in wide pictures of few channels.
 */
export function winogradPays(size: ConvolutionSize): boolean {
  const { channels, out, height, width } = size;
  const rows = window * Math.ceil(height / tile);
  const columns = window * Math.ceil(width / tile);
  const transforms = (channels + out) *
    (height * width * columns + height * rows * columns);
  const products = channels * out * (rows * columns + 9 * window ** 2);
  return transforms + products < 0.65 * directMultiplications(size);
}

/** Convolves with a stride of 1 and a padding of 1 on all sides. */
export function winogradConv2d(
  graph: GraphBuilder,
  { x, weight, bias }: {
    x: OnnxValue;
    weight: OnnxValue;
    bias: OnnxValue | undefined;
  },
): OnnxValue {
  const [batch, channels, height, width] = x.shape as [string, ...number[]];
  const out = weight.shape[0] as number;
  const rows = Math.ceil(height! / tile), columns = Math.ceil(width! / tile);
  const multiply = (a: OnnxValue, b: OnnxValue, ...shape: number[]) =>
    graph.node("MatMul", [a, b], [batch, ...shape]);

  const down = graph.floats(...cut(height!));
  const across = graph.floats(...transpose(cut(width!)));
  const wide = multiply(x, across, channels!, height!, window * columns);
  const tiles = multiply(
    down,
    wide,
    channels!,
    window * rows,
    window * columns,
  );
  const places = [window, rows, window, columns];
  const split = reshape(graph, tiles, [batch, channels!, ...places], [
    ...[-1, channels!],
    ...places,
  ]);
  const factors = turn(graph, split, [2, 4, 1, 0, 3, 5]);
  const products = graph.node("MatMul", [
    transformKernel(graph, weight),
    reshape(graph, factors, [window ** 2, channels!, "cells"], [
      ...[window ** 2, channels!, -1],
    ]),
  ], [window ** 2, out, "cells"]);
  const parts = [window, window, out, batch, rows, columns];
  const unsplit = reshape(graph, products, parts, [
    ...[window, window, out, -1, rows, columns],
  ]);
  const joined = turn(graph, unsplit, [3, 2, 0, 4, 1, 5]);
  const sides = [out, window * rows, window * columns];
  const flat = reshape(graph, joined, [batch, ...sides], [-1, ...sides]);
  const lines = multiply(
    flat,
    graph.floats(...transpose(join(width!))),
    ...[out, window * rows, width!],
  );
  const picture = multiply(
    graph.floats(...join(height!)),
    lines,
    ...[out, height!, width!],
  );
  if (bias === undefined) return picture;
  const axes = graph.integers([1, 2]);
  const spread = graph.node("Unsqueeze", [bias, axes], [out, 1, 1]);
  return graph.node("Add", [picture, spread], picture.shape);
}

/**
 * The weights `[out, channels, 3, 3]` as `[36, out, channels]`, made anew in each run: they are four
 * times the file's, which would not fit into the memory of those who need the speed most.
 */
function transformKernel(graph: GraphBuilder, weight: OnnxValue): OnnxValue {
  const [out, channels] = weight.shape as number[];
  const values = kernel.flatMap((down) =>
    kernel.flatMap((across) => down.flatMap((a) => across.map((b) => a * b)))
  );
  const transform = graph.floats(values, [window ** 2, 9]);
  const pairs = out! * channels!;
  const flat = graph.node("Reshape", [
    weight,
    graph.unfold(graph.integers([pairs, 9])),
  ], [pairs, 9]);
  const product = graph.node("Gemm", [transform, flat], [window ** 2, pairs], {
    attributes: { transB: { int: 1 } },
  });
  const shape = [window ** 2, out!, channels!];
  return reshape(graph, product, shape, shape);
}

type Matrix = [values: number[], shape: [rows: number, columns: number]];

/**
 * Cuts a line of pixels into tiles and transforms each: `[6 · tiles, length]`, the six values of a
 * tile a stride of `tiles` apart.
 */
function cut(length: number): Matrix {
  const tiles = Math.ceil(length / tile);
  return matrix(window * tiles, length, (row, x) => {
    const at = x + 1 - tile * (row % tiles);
    return input[Math.floor(row / tiles)]![at] ?? 0;
  });
}

/** Transforms tiles back and joins them to a line: `[length, 6 · tiles]`. */
function join(length: number): Matrix {
  const tiles = Math.ceil(length / tile);
  return matrix(length, window * tiles, (x, column) => {
    const at = x - tile * (column % tiles);
    return output[at]?.[Math.floor(column / tiles)] ?? 0;
  });
}

function transpose([values, [rows, columns]]: Matrix): Matrix {
  return matrix(columns, rows, (i, j) => values[j * columns + i]!);
}

function matrix(
  rows: number,
  columns: number,
  value: (row: number, column: number) => number,
): Matrix {
  const values = Array.from(
    { length: rows * columns },
    (_, i) => value(Math.floor(i / columns), i % columns),
  );
  return [values, [rows, columns]];
}

function turn(
  graph: GraphBuilder,
  x: OnnxValue,
  order: readonly number[],
): OnnxValue {
  return graph.node("Transpose", [x], order.map((axis) => x.shape[axis]!), {
    attributes: { perm: { ints: [...order] } },
  });
}
