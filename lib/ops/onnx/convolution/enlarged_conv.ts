/**
 * Convolution of 3 × 3 behind an enlargement that repeats each pixel: two rows of a kernel then read
 * the same pixel. Four convolutions of 2 × 2 on the small picture, one for each pixel of a square of
 * four, take 16 multiplications where 36 were.
 */

import type { GraphBuilder, OnnxValue } from "../graph.ts";
import { reshape } from "../shapes.ts";

/** Pixels of the large picture from which on sums of weights cost less than they save. */
const fewestPixels = 128 * 128;

/** Channels below which joining the four pictures takes longer than they save. */
const fewestChannels = 144;

/** Rows of a kernel of 3 that read the same row of the small picture, for even and odd rows. */
const merged = [
  [[1, 0, 0], [0, 1, 1]],
  [[1, 1, 0], [0, 0, 1]],
] as const;

/** The small picture, where its enlargement is convolved faster than done directly. */
export function enlargedFrom(x: OnnxValue): OnnxValue | undefined {
  const [, channels, height, width] = x.shape as [string, ...number[]];
  return channels! >= fewestChannels && height! * width! >= fewestPixels
    ? x.enlarged
    : undefined;
}

/**
 * Convolves a picture of twice the size with a stride of 1 and a padding of 1 on all sides.
 *
 * @param small the picture before it was enlarged.
 */
export function enlargedConv2d(
  graph: GraphBuilder,
  { small, weight, bias }: {
    small: OnnxValue;
    weight: OnnxValue;
    bias: OnnxValue | undefined;
  },
): OnnxValue {
  const [batch, channels, height, width] = small.shape as [
    string,
    ...number[],
  ];
  const [out] = weight.shape as [number];
  const flat = reshape(graph, weight, [out * channels!, 9], [-1, 9]);
  const quarters = [0, 1].flatMap((row) =>
    [0, 1].map((column) => {
      const kernel = sums(graph, flat, { row, column });
      const shape = [out, channels!, 2, 2];
      const inputs = [small, reshape(graph, kernel, shape, shape)];
      return graph.node(
        "Conv",
        bias === undefined ? inputs : [...inputs, bias],
        [batch, out, height!, width!],
        {
          attributes: {
            kernel_shape: { ints: [2, 2] },
            strides: { ints: [1, 1] },
            pads: { ints: [1 - row, 1 - column, row, column] },
          },
        },
      );
    })
  );
  const stacked = [batch, 4 * out, height!, width!];
  const stack = graph.node("Concat", quarters, stacked, {
    attributes: { axis: { int: 1 } },
  });
  const whole = [batch, out, 2 * height!, 2 * width!];
  return graph.node("DepthToSpace", [stack], whole, {
    attributes: { blocksize: { int: 2 }, mode: { word: "DCR" } },
  });
}

/** Kernels `[pairs, 9]` as those of one pixel of the four, `[pairs, 4]`. */
function sums(
  graph: GraphBuilder,
  flat: OnnxValue,
  { row, column }: { row: number; column: number },
): OnnxValue {
  const rows = merged[row]!, columns = merged[column]!;
  const values = [0, 1, 2].flatMap((y) =>
    [0, 1, 2].flatMap((x) =>
      [0, 1].flatMap((v) => [0, 1].map((u) => rows[v]![y]! * columns[u]![x]!))
    )
  );
  const matrix = graph.floats(values, [9, 4]);
  return graph.node("MatMul", [flat, matrix], [flat.shape[0]!, 4]);
}
