/**
 * Convolution of 3 × 3 by Winograd's minimal filtering F(4 × 4, 3 × 3) (Lavin and Gray, "Fast
 * algorithms for convolutional neural networks", arXiv 1509.09308): tiles of 4 × 4 pixels take 36
 * multiplications a pair of channels instead of 144.
 */

import type { GraphBuilder, OnnxValue } from "../graph.ts";
import { perChannel, reshape } from "../shapes.ts";
import {
  onBothAxes,
  tile,
  tileCells,
  toKernels,
  toTiles,
  toWindows,
  window,
  windowCells,
} from "./winograd_transforms.ts";

/** A convolution's sizes. */
export interface ConvolutionSize {
  /** Channels of the input. */
  readonly channels: number;
  /** Channels of the output. */
  readonly out: number;
  /** Height of the picture, in pixels. */
  readonly height: number;
  /** Width of the picture, in pixels. */
  readonly width: number;
}

/** Multiplications of a picture's convolution of 3 × 3, done directly. */
export function directMultiplications(size: ConvolutionSize): number {
  return 9 * size.channels * size.out * size.height * size.width;
}

/** Bytes that the windows of a picture may take. */
const windowsLimit = 2 ** 28;

/**
 * Channels below which memory, not arithmetic, bounds the transforms: at 64 they take twice the time
 * of the convolution done directly, at 160 the same.
 */
const fewestChannels = 144;

/**
 * Whether Winograd's form pays: it saves more than a third of a picture's multiplications, its
 * transforms included; it has enough channels for them; its windows do not take too much memory.
 */
export function winogradPays(size: ConvolutionSize): boolean {
  const { channels, out, height, width } = size;
  if (Math.min(channels, out) < fewestChannels) return false;
  const tiles = Math.ceil(height / tile) * Math.ceil(width / tile);
  if (4 * windowCells * tiles * Math.max(channels, out) > windowsLimit) {
    return false;
  }
  const kernels = 9 * windowCells * channels * out;
  const windows = windowCells * (windowCells * channels + tileCells * out);
  const products = windowCells * channels * out;
  return kernels + tiles * (windows + products) <
    0.65 * directMultiplications(size);
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
  const windows = swapFirst(graph, transformWindows(graph, x));
  const cells = windows.shape.at(-1) as number;
  const products = graph.node("MatMul", [
    transformKernels(graph, weight),
    reshape(graph, windows, [windowCells, channels!, "cells"], [
      ...[windowCells, channels!, -1],
    ]),
  ], [windowCells, out, "cells"]);
  const tiles = transformBack(graph, products, [out, batch, cells]);
  const size = { height: height!, width: width! };
  const picture = joinTiles(graph, tiles, size);
  if (bias === undefined) return picture;
  return graph.node("Add", [picture, perChannel(graph, bias)], picture.shape);
}

/**
 * Pictures `[N, C, H, W]` as transformed windows `[N, C, 36, tiles]`: a convolution of each channel
 * with 36 kernels of 6 × 6 cuts, pads and transforms at once.
 */
function transformWindows(graph: GraphBuilder, x: OnnxValue): OnnxValue {
  const [batch, channels, height, width] = x.shape as [string, ...number[]];
  const rows = Math.ceil(height! / tile), columns = Math.ceil(width! / tile);
  const alone = [1, height!, width!];
  const planes = reshape(graph, x, ["planes", ...alone], [-1, ...alone]);
  const kernels = graph.floats(onBothAxes(toWindows), [
    windowCells,
    1,
    window,
    window,
  ]);
  const shape = ["planes", windowCells, rows, columns];
  const windows = graph.node("Conv", [planes, kernels], shape, {
    attributes: {
      kernel_shape: { ints: [window, window] },
      strides: { ints: [tile, tile] },
      pads: {
        ints: [
          ...[1, 1],
          tile * rows + 1 - height!,
          tile * columns + 1 - width!,
        ],
      },
    },
  });
  const flat = [channels!, windowCells, rows * columns];
  return reshape(graph, windows, [batch, ...flat], [-1, ...flat]);
}

/**
 * Weights `[out, C, 3, 3]` as `[36, out, C]`, made anew in each run: they are four times the file's,
 * which would not fit into the memory of those who need the speed most.
 */
function transformKernels(graph: GraphBuilder, weight: OnnxValue): OnnxValue {
  const [out, channels] = weight.shape as number[];
  const pairs = out! * channels!;
  const flat = graph.node("Reshape", [
    weight,
    graph.unfold(graph.integers([pairs, 9])),
  ], [pairs, 9]);
  const transform = graph.floats(onBothAxes(toKernels), [windowCells, 9]);
  const kernels = graph.node("Gemm", [transform, flat], [windowCells, pairs], {
    attributes: { transB: { int: 1 } },
  });
  const shape = [windowCells, out!, channels!];
  return reshape(graph, kernels, shape, shape);
}

/**
 * Products `[36, C, N · tiles]` as tiles of pictures, `[N, C, 16, tiles]`. They are transformed as one
 * matrix and moved after it, when there are fewer of them.
 */
function transformBack(
  graph: GraphBuilder,
  products: OnnxValue,
  rest: readonly [channels: number, batch: string, cells: number],
): OnnxValue {
  const [channels, , cells] = rest;
  const transform = graph.floats(onBothAxes(toTiles), [tileCells, windowCells]);
  const flat = reshape(graph, products, [windowCells, "values"], [
    ...[windowCells, -1],
  ]);
  const tiles = graph.node("Gemm", [transform, flat], [tileCells, "values"]);
  const dims = [tileCells, channels, -1, cells];
  return swapFirst(graph, reshape(graph, tiles, [tileCells, ...rest], dims));
}

/** Tiles `[N, C, 16, tiles]` joined to pictures `[N, C, H, W]`. */
function joinTiles(
  graph: GraphBuilder,
  tiles: OnnxValue,
  { height, width }: { height: number; width: number },
): OnnxValue {
  const [batch, channels] = tiles.shape as [string, number];
  const rows = Math.ceil(height / tile), columns = Math.ceil(width / tile);
  const stacked = [channels! * tileCells, rows, columns];
  const whole = [channels!, tile * rows, tile * columns];
  const stack = reshape(graph, tiles, [batch, ...stacked], [-1, ...stacked]);
  const picture = graph.node("DepthToSpace", [stack], [batch, ...whole], {
    attributes: { blocksize: { int: tile }, mode: { word: "CRD" } },
  });
  if (tile * rows === height && tile * columns === width) return picture;
  return graph.node("Slice", [
    picture,
    graph.integers([0, 0]),
    graph.integers([height, width]),
    graph.integers([2, 3]),
  ], [batch, channels!, height, width]);
}

/** Swaps the first and the third of four axes. */
function swapFirst(graph: GraphBuilder, x: OnnxValue): OnnxValue {
  const [first, second, third, last] = x.shape;
  return graph.node("Transpose", [x], [third!, second!, first!, last!], {
    attributes: { perm: { ints: [2, 1, 0, 3] } },
  });
}
