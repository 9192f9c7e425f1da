/** Shapes and values at the edges: one pixel, uneven kernels, broadcast products, hidden keys, parts that nobody reads. */

import * as fc from "fast-check";
import type { LossOps } from "../../../../lib/ops/loss_ops.ts";
import { few, float, image, some, weight } from "./case_inputs.ts";
import type { GradientCase } from "./gradient_case.ts";

const edge = fc.integer({ min: 0, max: 2 });

/** Kernels of any sides, larger steps than kernels, more zeros than half a kernel, one pixel. */
const unevenConvolutions = fc.record({
  n: few,
  from: few,
  out: few,
  height: some,
  width: some,
  rows: fc.integer({ min: 1, max: 5 }),
  columns: fc.integer({ min: 1, max: 5 }),
  stride: fc.integer({ min: 1, max: 4 }),
  padding: fc.oneof(
    edge,
    fc.record({ top: edge, right: edge, bottom: edge, left: edge }, {
      noNullPrototype: true,
    }),
  ),
}).filter(({ height, width, rows, columns, padding }) => {
  const { top, right, bottom, left } = typeof padding === "number"
    ? { top: padding, right: padding, bottom: padding, left: padding }
    : padding;
  return height + top + bottom >= rows && width + left + right >= columns;
}).map((
  { n, from, out, height, width, rows, columns, stride, padding },
): GradientCase => ({
  inputs: [
    image(n, from, height, width),
    weight(out, from, rows, columns),
    weight(out),
  ],
  result: "image",
  run: (ops, x, w, b) => ops.conv2d(x!, w!, b, { stride, padding }),
}));

/** Pictures of one row, one column or one pixel, in groups of one channel or more. */
const thinNorms = fc.record({
  n: few,
  groups: few,
  each: few,
  height: some,
  width: some,
  thin: fc.constantFrom("row", "column", "pixel"),
}).map(({ n, groups, each, height, width, thin }): GradientCase => ({
  inputs: [
    image(
      n,
      groups * each,
      thin === "column" ? height : 1,
      thin === "row" ? width : 1,
    ),
    weight(groups * each),
    weight(groups * each),
  ],
  result: "image",
  run: (ops, x, w, b) => ops.groupNorm(x!, w!, b!, { groups, eps: 1e-2 }),
}));

/** Products of matrices, of lists of them, and of one with many. */
const broadcastProducts = fc.record({
  lists: fc.constantFrom(
    [[], []],
    [[3], [1]],
    [[1], [3]],
    [[2, 3], [2, 3]],
    [[2, 3], [1, 3]],
    [[2, 1], [2, 3]],
  ),
  rows: some,
  inner: some,
  columns: some,
  transposeA: fc.boolean(),
  transposeB: fc.boolean(),
}).map((
  { lists: [a, b], rows, inner, columns, transposeA, transposeB },
): GradientCase => ({
  inputs: [
    float(...a!, ...transposeA ? [inner, rows] : [rows, inner]),
    float(...b!, ...transposeB ? [columns, inner] : [inner, columns]),
  ],
  result: "float",
  run: (ops, x, y) => ops.product(x!, y!, { transposeA, transposeB }),
}));

/** Scores of which some keys, or all keys of some queries, are hidden. */
const hiddenKeys = (hidden: number) =>
  fc.record({ n: few, queries: some, keys: some, heads: few, shared: fc.nat() })
    .map(({ n, queries, keys, heads, shared }): GradientCase => ({
      inputs: [
        float(n, queries, 2 * heads),
        float(n, keys, 2 * heads),
        float(n, keys, 2 * heads),
      ],
      result: "float",
      run: (ops, q, k, v) => {
        // with minus infinity one key of each query is seen, else there is no softmax
        const seen = (query: number, key: number) =>
          Number.isFinite(hidden)
            ? (query + shared) % 2 === 0 && (key + shared) % 3 === 0
            : key === query % keys || (key + shared) % 2 === 0;
        const bias = maskOf(ops, [queries, keys], seen, hidden);
        return ops.attention(q!, k!, v!, { heads, bias });
      },
    }));

function maskOf<T>(
  ops: LossOps<T>,
  [rows, columns]: readonly [number, number],
  seen: (row: number, column: number) => boolean,
  hidden: number,
): T {
  const values = Float32Array.from(
    { length: rows * columns },
    (_, i) => seen(Math.floor(i / columns), i % columns) ? 0 : hidden,
  );
  return ops.constant([1, rows, columns], values);
}

/** Rows whose values are masked before a softmax, down to a single one. */
const maskedRows = (
  run: <T>(ops: LossOps<T>, x: T) => T,
) =>
  fc.record({ n: few, length: some, width: some }).map((
    { n, length, width },
  ): GradientCase => ({
    inputs: [float(n, length, width)],
    result: "float",
    run: (ops, x) => {
      const seen = (row: number, column: number) =>
        column === row % width || column % 2 === 0;
      return run(
        ops,
        ops.add(x!, maskOf(ops, [length, width], seen, -Infinity)),
      );
    },
  }));

/** Sizes that are smaller, larger, and whole multiples along one axis only. */
const resized = fc.record({
  n: few,
  channels: few,
  height: some,
  width: some,
  rows: some,
  columns: some,
}).map(({ n, channels, height, width, rows, columns }): GradientCase => ({
  inputs: [image(n, channels, height, width)],
  result: "image",
  run: (ops, x) => ops.upsample(x!, { height: rows, width: columns }),
}));

/** Families of cases at the edges. */
export const edgeCases: Readonly<Record<string, fc.Arbitrary<GradientCase>>> = {
  "conv2d with uneven kernels, steps and zeros": unevenConvolutions,
  "groupNorm of rows, columns and pixels": thinNorms,
  "product of lists of matrices": broadcastProducts,
  "attention to keys that are hidden by minus infinity": hiddenKeys(-Infinity),
  // differences see nothing of scores that are added to much larger numbers
  "attention of queries whose keys are all hidden": hiddenKeys(-100),
  "softmax of masked rows": maskedRows((ops, x) => ops.softmax(x)),
  "logSoftmax of masked rows": maskedRows((ops, x) => {
    // the logarithms that are minus infinity are left out
    return ops.maximum(
      ops.logSoftmax(x),
      ops.constant([], Float32Array.of(-50)),
    );
  }),
  "upsample to fewer, or to multiples along one axis": resized,
  "layers over vectors": fc.tuple(few, some, few).map((
    [n, width, parts],
  ): GradientCase => ({
    inputs: [
      float(n, width),
      weight(width),
      weight(width),
      weight(parts * 2, width),
    ],
    result: "float",
    run: (ops, x, gamma, beta, matrix) => {
      const even = ops.layerNorm(x!, gamma!, beta!, 1e-2);
      const [first] = ops.splitWidth(ops.linear(even, matrix!), 2);
      return ops.softmax(first!);
    },
  })),
  "a vector, a weight and a number broadcast": fc.tuple(few, some, some).map((
    [n, length, width],
  ): GradientCase => ({
    inputs: [float(n, length, width), weight(width), float()],
    result: "float",
    run: (ops, x, w, s) => {
      const one = ops.div(
        ops.mul(x!, w!),
        ops.add(ops.mul(s!, s!), number(ops, 1)),
      );
      return ops.sub(ops.add(one, s!), ops.mul(s!, w!));
    },
  })),
  "the middle one of three parts": fc.tuple(few, some, some).map((
    [n, length, width],
  ): GradientCase => ({
    inputs: [float(n, length, 3 * width), image(n, 3 * width, length, 2)],
    result: "float",
    run: (ops, x, picture) => {
      const part = ops.splitWidth(x!, 3)[1]!;
      const channels = ops.tokens(ops.splitChannels(picture!, 3)[1]!);
      return ops.concatTokens([part, channels, part]);
    },
  })),
  "rows of a table that come again": fc.tuple(few, some, some).map((
    [n, length, width],
  ): GradientCase => ({
    inputs: [
      { kind: "ids", shape: [n, length], values: (x) => x > 0 ? 1 : 0 },
      weight(3, width),
    ],
    result: "float",
    run: (ops, ids, table) => ops.embedding(ids!, table!),
  })),
  "sum and mean of vectors and numbers": fc.tuple(few, some).map((
    [n, width],
  ): GradientCase => ({
    inputs: [float(n, width), weight(width), float()],
    result: "float",
    run: (ops, x, w, s) =>
      ops.mul(ops.add(ops.sum(ops.mul(x!, x!)), ops.mean(w!)), ops.sum(s!)),
  })),
  "regionAttention of one key, one query and one group": fc.record({
    n: few,
    q: fc.constantFrom(1, 2),
    groups: fc.constantFrom(1, 2),
    heads: few,
  }).map(({ n, q, groups, heads }): GradientCase => ({
    inputs: [
      float(n, q, heads),
      float(n, groups, 1, heads),
      float(n, groups, 1, heads),
      float(1, groups, q),
    ],
    result: "float",
    run: (ops, q, k, v, w) => ops.regionAttention(q!, k!, v!, w!, { heads }),
  })),
};

function number<T>(ops: LossOps<T>, value: number): T {
  return ops.constant([], Float32Array.of(value));
}
