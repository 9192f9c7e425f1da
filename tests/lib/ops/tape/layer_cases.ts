/** Cases of the layers that have matrices of weights. */

import * as fc from "fast-check";
import {
  few,
  float,
  image,
  side,
  some,
  tokens,
  weight,
} from "./case_inputs.ts";
import type { GradientCase } from "./gradient_case.ts";

/** Convolutions of all kinds. */
export const convolutions: fc.Arbitrary<GradientCase> = fc.record({
  n: few,
  from: some,
  out: some,
  height: side,
  width: side,
  kernel: fc.constantFrom(1, 2, 3),
  stride: fc.constantFrom(1, 2),
  padding: fc.oneof(
    fc.integer({ min: 0, max: 1 }),
    fc.record({
      top: fc.integer({ min: 0, max: 1 }),
      right: fc.integer({ min: 0, max: 1 }),
      bottom: fc.integer({ min: 0, max: 1 }),
      left: fc.integer({ min: 0, max: 1 }),
    }, { noNullPrototype: true }),
  ),
  bias: fc.boolean(),
}).filter(({ height, width, kernel }) => Math.min(height, width) >= kernel)
  .map((
    { n, from, out, height, width, kernel, stride, padding, bias },
  ): GradientCase => ({
    inputs: [
      image(n, from, height, width),
      weight(out, from, kernel, kernel),
      ...bias ? [weight(out)] : [],
    ],
    result: "image",
    run: (ops, x, w, b) => ops.conv2d(x!, w!, b, { stride, padding }),
  }));

/** Sizes at which a convolution of 3 × 3 takes Winograd's form. */
export const wideConvolutions: fc.Arbitrary<GradientCase> = fc.record({
  n: few,
  from: fc.integer({ min: 6, max: 12 }),
  out: fc.integer({ min: 6, max: 12 }),
  height: fc.integer({ min: 3, max: 13 }),
  width: fc.integer({ min: 3, max: 13 }),
  bias: fc.boolean(),
}).map(({ n, from, out, height, width, bias }): GradientCase => ({
  inputs: [
    image(n, from, height, width),
    weight(out, from, 3, 3),
    ...bias ? [weight(out)] : [],
  ],
  result: "image",
  run: (ops, x, w, b) => ops.conv2d(x!, w!, b, { padding: 1 }),
}));

/** Layers over tokens and vectors. */
export const linears: fc.Arbitrary<GradientCase> = fc.tuple(
  tokens,
  some,
  fc.boolean(),
  fc.boolean(),
).map((
  [[n, length, width], out, bias, flat],
): GradientCase => ({
  inputs: [
    flat ? float(n, width) : float(n, length, width),
    weight(out, width),
    ...bias ? [weight(out)] : [],
  ],
  result: "float",
  run: (ops, x, w, b) => ops.linear(x!, w!, b),
}));

/** Layers whose results are cut into parts. */
export const splitLinears: fc.Arbitrary<GradientCase> = fc.tuple(
  linears,
  fc.constantFrom(2, 3),
).map((
  [layer, parts],
): GradientCase => ({
  ...layer,
  inputs: layer.inputs.map(({ kind, shape }, i) => ({
    kind,
    shape: i === 0 ? shape : shape.with(0, shape[0]! * parts),
  })),
  run: (ops, x, w, b) => {
    const all = ops.splitWidth(ops.linear(x!, w!, b), parts);
    return ops.mul(all[0]!, all.at(-1)!);
  },
}));
