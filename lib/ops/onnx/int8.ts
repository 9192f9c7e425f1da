import type { GraphBuilder, OnnxValue } from "./graph.ts";
import type { OnnxInitializer } from "./proto.ts";

/** Names of the two tensors that stand for an eight-bit weight matrix. */
function namesOf(weight: string): { values: string; scales: string } {
  return { values: `${weight}.int8`, scales: `${weight}.scale` };
}

/**
 * `x · weightᵀ + bias` with the weights in eight bits and the activations rounded to eight bits on
 * the way, one scale a tensor.
 */
export function int8Linear(
  graph: GraphBuilder,
  inputs: { x: OnnxValue; weight: OnnxValue; bias: OnnxValue | undefined },
): OnnxValue {
  const { x, weight, bias } = inputs;
  const [out, width] = weight.shape as [number, number];
  const { values, scales } = namesOf(weight.weight!);
  graph.int8Weights.add(weight.weight!);
  const absent = { name: "", shape: [] };
  return graph.node(
    "DynamicQuantizeMatMul",
    [
      x,
      { name: values, shape: [width, out] },
      { name: scales, shape: [out] },
      ...(bias === undefined ? [] : [absent, bias]),
    ],
    x.shape.with(-1, out),
    { domain: "com.microsoft" },
  );
}

/**
 * A weight matrix `[out, in]` as whole numbers −127..127 `[in, out]` with one scale an output, to
 * which the largest weight of the output is exact.
 */
export function int8Initializers(
  weight: string,
  shape: readonly number[],
  data: Float32Array,
): OnnxInitializer[] {
  const [out, width] = shape as [number, number];
  const { values, scales } = namesOf(weight);
  const rounded = new Int8Array(data.length);
  const steps = new Float32Array(out);
  for (let row = 0; row < out; row++) {
    const at = row * width;
    let largest = 0;
    for (let i = at; i < at + width; i++) {
      largest = Math.max(largest, Math.abs(data[i]!));
    }
    const step = largest / 127 || 1;
    steps[row] = step;
    for (let i = 0; i < width; i++) {
      rounded[i * out + row] = Math.round(data[at + i]! / step);
    }
  }
  return [
    {
      name: values,
      type: "I8",
      shape: [width, out],
      bytes: new Uint8Array(rounded.buffer),
    },
    {
      name: scales,
      type: "F32",
      shape: [out],
      bytes: new Uint8Array(steps.buffer),
    },
  ];
}
