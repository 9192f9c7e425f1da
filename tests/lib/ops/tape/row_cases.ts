/** Cases of operations that move axes, and of scores with a bias. */

import * as fc from "fast-check";
import type { LossOps } from "../../../../lib/ops/loss_ops.ts";
import { few, float, some, tokens } from "./case_inputs.ts";
import type { GradientCase } from "./gradient_case.ts";

/** One family of cases for each operation. */
export const rowCases = {
  turnTokens: tokens.map(([n, length, width]): GradientCase => ({
    inputs: [float(n, length, width), float(n, width, length)],
    result: "float",
    run: (ops, x, y) => ops.mul(ops.turnTokens(x!), y!),
  })),
  maxWidth: tokens.map(([n, length, width]): GradientCase => ({
    inputs: [float(n, length, width), float(n, length, 1)],
    result: "float",
    run: (ops, x, y) =>
      ops.mul(ops.maxWidth(ops.add(x!, apart(ops, [1, 1, width]))), y!),
  })),
  // each value beside itself: both are the largest
  "maxWidth of equals": tokens.map(([n, length, width]): GradientCase => ({
    inputs: [float(n, width, length)],
    result: "float",
    run: (ops, x) => {
      const values = ops.add(x!, apart(ops, [1, width, 1]));
      return ops.maxWidth(ops.turnTokens(ops.concatTokens([values, values])));
    },
  })),
  "stackRows and unstackRows": tokens.map(
    ([n, length, width]): GradientCase => ({
      inputs: [float(n, length, width)],
      result: "float",
      run: (ops, x) => {
        const stacked = ops.stackRows(x!);
        const twice = ops.concatTokens([stacked, ops.mul(stacked, stacked)]);
        return ops.unstackRows(twice, length);
      },
    }),
  ),
  "attention with a bias": fc.tuple(few, some, some, few, fc.boolean()).map((
    [n, queries, keys, heads, shared],
  ): GradientCase => ({
    inputs: [
      float(n, queries, 2 * heads),
      float(n, keys, 2 * heads),
      float(n, keys, 2 * heads),
      float(shared ? 1 : n, queries, keys),
    ],
    result: "float",
    run: (ops, q, k, v, bias) => ops.attention(q!, k!, v!, { heads, bias }),
  })),
};

/** Numbers so far apart that noise on them leaves the largest where it is. */
function apart<T>(ops: LossOps<T>, shape: readonly number[]): T {
  const count = shape.reduce((a, b) => a * b);
  const values = Float32Array.from(
    { length: count },
    (_, i) => 3 * (i * 5 % 7),
  );
  return ops.constant(shape, values);
}
