/** One family of cases for each operation that has a derivative, over shapes. */

import * as fc from "fast-check";
import type { LossOps } from "../../../../lib/ops/loss_ops.ts";
import {
  few,
  float,
  image,
  side,
  some,
  tokens,
  weight,
} from "./case_inputs.ts";
import type { CaseInput, GradientCase } from "./gradient_case.ts";
import {
  convolutions,
  linears,
  splitLinears,
  wideConvolutions,
} from "./layer_cases.ts";
import { edgeCases } from "./edge_cases.ts";
import { rowCases } from "./row_cases.ts";

const positive = (input: CaseInput): CaseInput => ({
  ...input,
  values: (x) => Math.abs(x) + 0.3,
});
/** On a grid, moved by half a step for `odd`, so that no two are nearly equal. */
const apart = (input: CaseInput, odd: number): CaseInput => ({
  ...input,
  values: (x) => Math.round(5 * x) / 5 + 0.1 * odd,
});

type Run = GradientCase["run"];

const images = fc.tuple(few, some, side, side);

function unary(run: <T>(ops: LossOps<T>, x: T) => T, change = float) {
  return tokens.map(([n, length, width]): GradientCase => ({
    inputs: [change(n, length, width)],
    result: "float",
    run: (ops, x) => run(ops, x!),
  }));
}

/** Two values of which one may have axes of length one, or none where the other has a batch. */
function binary(
  run: <T>(ops: LossOps<T>, a: T, b: T) => T,
  change: (input: CaseInput, odd: number) => CaseInput = (input) => input,
) {
  return fc.tuple(tokens, fc.integer({ min: 0, max: 7 }), fc.boolean()).map((
    [shape, ones, swap],
  ): GradientCase => {
    const small = shape.map((length, axis) => ones >> axis & 1 ? 1 : length);
    const shapes = [shape, ones === 7 ? small.slice(1) : small];
    if (swap) shapes.reverse();
    return {
      inputs: shapes.map((shape, i) => change(float(...shape), i)),
      result: "float",
      run: (ops, a, b) => run(ops, a!, b!),
    };
  });
}

const embeddings = fc.tuple(tokens, some).map((
  [[n, length, width], rows],
): GradientCase => ({
  inputs: [
    {
      kind: "ids",
      shape: [n, length],
      values: (x) => Math.floor((x + 1) / 2 * rows) % rows,
    },
    weight(rows, width),
  ],
  result: "float",
  run: (ops, ids, table) => ops.embedding(ids!, table!),
}));

const groupNorms = fc.tuple(few, few, few, side, side).map((
  [n, groups, each, height, width],
): GradientCase => ({
  inputs: [
    image(n, groups * each, height, width),
    weight(groups * each),
    weight(groups * each),
  ],
  result: "image",
  run: (ops, x, w, b) => ops.groupNorm(x!, w!, b!, { groups, eps: 1e-2 }),
}));

const layerNorms = tokens.map(([n, length, width]): GradientCase => ({
  inputs: [float(n, length, width), weight(width), weight(width)],
  result: "float",
  run: (ops, x, w, b) => ops.layerNorm(x!, w!, b!, 1e-2),
}));

const attentions = (causal: boolean) =>
  fc.record({ n: few, q: some, k: some, heads: few, each: few }).map((
    { n, q, k, heads, each },
  ): GradientCase => ({
    inputs: [
      float(n, q, heads * each),
      float(n, causal ? q : k, heads * each),
      float(n, causal ? q : k, heads * each),
    ],
    result: "float",
    run: (ops, q, k, v) => ops.attention(q!, k!, v!, { heads, causal }),
  }));

const regions = fc.record({
  n: few,
  q: some,
  groups: few,
  k: some,
  heads: few,
  each: few,
  shared: fc.boolean(),
}).map(({ n, q, groups, k, heads, each, shared }): GradientCase => ({
  inputs: [
    float(n, q, heads * each),
    float(n, groups, k, heads * each),
    float(n, groups, k, heads * each),
    float(shared ? 1 : n, groups, q),
  ],
  result: "float",
  run: (ops, q, k, v, w) => ops.regionAttention(q!, k!, v!, w!, { heads }),
}));

/** Cases by the operation that they try. */
export const gradientCases: Readonly<
  Record<string, fc.Arbitrary<GradientCase>>
> = {
  conv2d: convolutions,
  "conv2d of many channels": wideConvolutions,
  linear: linears,
  embedding: embeddings,
  groupNorm: groupNorms,
  layerNorm: layerNorms,
  attention: attentions(false),
  "attention with a causal mask": attentions(true),
  regionAttention: regions,
  silu: unary((ops, x) => ops.silu(x)),
  gelu: unary((ops, x) => ops.gelu(x)),
  quickGelu: unary((ops, x) => ops.quickGelu(x)),
  relu: unary(
    (ops, x) => ops.relu(x),
    (...shape) => apart(float(...shape), 1),
  ),
  sigmoid: unary((ops, x) => ops.sigmoid(x)),
  exp: unary((ops, x) => ops.exp(x)),
  log: unary((ops, x) => ops.log(x), (...shape) => positive(float(...shape))),
  sqrt: unary((ops, x) => ops.sqrt(x), (...shape) => positive(float(...shape))),
  abs: unary(
    (ops, x) => ops.abs(x),
    (...shape) => apart(float(...shape), 1),
  ),
  scale: unary((ops, x) => ops.scale(x, -1.7)),
  softmax: unary((ops, x) => ops.softmax(x)),
  logSoftmax: unary((ops, x) => ops.logSoftmax(x)),
  sumWidth: unary((ops, x) => ops.mul(ops.sumWidth(x), x)),
  "atLeast, which is constant": unary(
    (ops, x) =>
      ops.mul(ops.mul(x, x), ops.atLeast(x, ops.scale(ops.maxWidth(x), 0.5))),
    (...shape) => apart(float(...shape), 1.3),
  ),
  sum: unary((ops, x) => ops.mul(ops.sum(x), x)),
  mean: unary((ops, x) => ops.mul(ops.mean(x), x)),
  constant: unary((ops, x) =>
    ops.mul(x, ops.constant([1, 1, 1], Float32Array.of(-3)))
  ),
  add: binary((ops, a, b) => ops.add(a, b)),
  sub: binary((ops, a, b) => ops.sub(a, b)),
  mul: binary((ops, a, b) => ops.mul(a, b)),
  div: binary((ops, a, b) => ops.div(a, b), positive),
  maximum: binary((ops, a, b) => ops.maximum(a, b), apart),
  minimum: binary((ops, a, b) => ops.minimum(a, b), apart),
  product: fc.record({
    n: few,
    rows: some,
    inner: some,
    columns: some,
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
  }).map((
    { n, rows, inner, columns, transposeA, transposeB },
  ): GradientCase => ({
    inputs: [
      transposeA ? float(n, inner, rows) : float(n, rows, inner),
      transposeB ? float(n, columns, inner) : float(n, inner, columns),
    ],
    result: "float",
    run: (ops, a, b) => ops.product(a!, b!, { transposeA, transposeB }),
  })),
  addChannels: fc.tuple(images, fc.boolean()).map((
    [[n, channels, height, width], shared],
  ): GradientCase => ({
    inputs: [
      image(n, channels, height, width),
      float(shared ? 1 : n, channels),
    ],
    result: "image",
    run: (ops, x, vector) => ops.addChannels(x!, vector!),
  })),
  upsample: fc.tuple(images, few, few).map((
    [[n, channels, height, width], rows, columns],
  ): GradientCase => ({
    inputs: [image(n, channels, height, width)],
    result: "image",
    run: (ops, x) =>
      ops.upsample(x!, { height: rows * height, width: columns * width }),
  })),
  "upsample to any size": fc.tuple(images, some, some).map((
    [[n, channels, height, width], more, wider],
  ): GradientCase => ({
    inputs: [image(n, channels, height, width)],
    result: "image",
    run: (ops, x) =>
      ops.upsample(x!, { height: height + more, width: width + wider }),
  })),
  "concatChannels and splitChannels": images.map((
    [n, channels, height, width],
  ): GradientCase => ({
    inputs: [image(n, channels, height, width), image(n, 2, height, width)],
    result: "image",
    run: (ops, a, b) => {
      const joined = ops.concatChannels([a!, b!, a!, b!]);
      const [first, second] = ops.splitChannels(joined, 2);
      return ops.mul(first!, ops.mul(second!, first!));
    },
  })),
  "a part of splitChannels": images.map((
    [n, channels, height, width],
  ): GradientCase => ({
    inputs: [image(n, 2 * channels, height, width)],
    result: "image",
    run: (ops, x) => ops.splitChannels(x!, 2)[1]!,
  })),
  "tokens and image": images.map((
    [n, channels, height, width],
  ): GradientCase => ({
    inputs: [image(n, channels, height, width)],
    result: "image",
    run: (ops, x) => {
      const tokens = ops.tokens(x!);
      return ops.image(ops.mul(tokens, tokens), { height, width });
    },
  })),
  "concatTokens and sliceTokens": fc.tuple(tokens, some, some).map((
    [[n, length, width], start, more],
  ): GradientCase => {
    const from = Math.min(start, length + more - 1);
    const count = length + more - from;
    return {
      inputs: [float(n, length, width), float(n, more, width)],
      result: "float",
      run: (ops, a, b) => {
        const part = ops.sliceTokens(ops.concatTokens([a!, b!]), from, count);
        return ops.mul(part, part);
      },
    };
  }),
  splitWidth: fc.tuple(tokens, fc.constantFrom(2, 3)).map((
    [[n, length, width], parts],
  ): GradientCase => ({
    inputs: [float(n, length, parts * width)],
    result: "float",
    run: (ops, x) => {
      const all = ops.splitWidth(x!, parts);
      return ops.mul(all[0]!, all.at(-1)!);
    },
  })),
  "splitWidth of a layer": splitLinears,
  token: fc.tuple(tokens, some).map((
    [[n, length, width], index],
  ): GradientCase => ({
    inputs: [float(n, length, width)],
    result: "float",
    run: (ops, x) => ops.token(x!, Math.min(index, length - 1)),
  })),
  unflatten: tokens.map(([n, length, width]): GradientCase => ({
    inputs: [float(n, length * width)],
    result: "float",
    run: (ops, x) => ops.unflatten(x!, length),
  })),
  repeatBatch: fc.tuple(tokens, fc.integer({ min: 1, max: 3 })).map((
    [[n, length, width], rank],
  ): GradientCase => ({
    inputs: [
      weight(...[1, length, width].slice(3 - rank)),
      { ...float(n, 1, 1), constant: true },
    ],
    result: "float",
    run: (ops, x, like) => ops.repeatBatch(x!, like!),
  })),
  groupTokens: fc.tuple(tokens, few).map((
    [[n, length, width], groups],
  ): GradientCase => ({
    inputs: [
      float(n * groups, length, width),
      { ...float(n, groups, 1), constant: true },
    ],
    result: "float",
    run: (ops, x, like) => ops.groupTokens(x!, like!),
  })),
  ...rowCases,
  ...edgeCases,
} satisfies Record<string, fc.Arbitrary<{ run: Run }>>;
