import type { Program } from "../lib/ops/executor.ts";
import {
  type Dim,
  GraphBuilder,
  type OnnxValue,
} from "../lib/ops/onnx/graph.ts";
import { onnxOps } from "../lib/ops/onnx/ops.ts";
import type { Ops } from "../lib/ops/ops.ts";
import { Params } from "../lib/ops/params.ts";

/**
 * Multiplications and additions of a program's convolutions, matrix products and attentions: the
 * model's own arithmetic, by which times are judged. Everything else is a few per cent of it.
 *
 * @param dims sizes of the dimensions that the program leaves open.
 */
export function flopsOf(
  program: Program,
  dims: Readonly<Record<string, number>>,
): number {
  let flops = 0;
  const size = (dim: Dim) => {
    const known = typeof dim === "number" ? dim : dims[dim];
    if (known === undefined) throw new RangeError(`Size "${dim}" is unknown`);
    return known;
  };
  const count = (...factors: Dim[]) => {
    flops += 2 *
      factors.reduce<number>((product, dim) => product * size(dim), 1);
  };
  const plain = onnxOps(new GraphBuilder());
  const ops: Ops<OnnxValue> = {
    ...plain,
    conv2d(x, weight, bias, options) {
      const y = plain.conv2d(x, weight, bias, options);
      count(...y.shape, ...weight.shape.slice(1));
      return y;
    },
    linear(x, weight, bias) {
      count(...x.shape, weight.shape[0]!);
      return plain.linear(x, weight, bias);
    },
    attention(q, k, v, options) {
      count(2, ...q.shape, k.shape[1]!); // q·k, and the shares times v
      return plain.attention(q, k, v, options);
    },
    regionAttention(q, k, v, weights, options) {
      count(2, ...q.shape, k.shape[1]!, k.shape[2]!);
      return plain.regionAttention(q, k, v, weights, options);
    },
  };
  const params = new Params<OnnxValue>((name, shape) => ({ name, shape }));
  const inputs = Object.fromEntries(
    Object.entries(program.inputs).map((
      [name, { shape }],
    ) => [name, { name, shape }]),
  );
  program.run(ops, params, inputs);
  return flops;
}
