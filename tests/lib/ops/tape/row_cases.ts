/** Cases of operations that move axes, and of scores with a bias. */

import * as fc from "fast-check";
import type { CaseInput, GradientCase } from "./gradient_case.ts";

const few = fc.integer({ min: 1, max: 3 });
const some = fc.integer({ min: 1, max: 6 });
const tokens = fc.tuple(few, some, some);

const float = (...shape: number[]): CaseInput => ({ kind: "float", shape });

/** One family of cases for each operation. */
export const rowCases = {
  turnTokens: tokens.map(([n, length, width]): GradientCase => ({
    inputs: [float(n, length, width), float(n, width, length)],
    result: "float",
    run: (ops, x, y) => ops.mul(ops.turnTokens(x!), y!),
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
      { ...float(shared ? 1 : n, queries, keys), constant: true },
    ],
    result: "float",
    run: (ops, q, k, v, bias) => ops.attention(q!, k!, v!, { heads, bias }),
  })),
};
