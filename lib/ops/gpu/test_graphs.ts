import { type AttentionForm, testedSide } from "../onnx/attention.ts";
import { fillsChannels, type OnnxDevice } from "../onnx/devices.ts";
import { GraphBuilder, type OnnxValue } from "../onnx/graph.ts";
import { onnxOps } from "../onnx/ops.ts";
import { onnxTypes } from "../onnx/proto.ts";

/** A graph with the values that go in and come out. */
export interface TestGraph {
  readonly graph: GraphBuilder;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

export function productGraph(side: number, products = 1): TestGraph {
  const graph = new GraphBuilder();
  const x = { name: "x", shape: [side, side] };
  const root = graph.floats([1 / Math.sqrt(side)], []);
  let y: OnnxValue = x;
  for (let i = 0; i < products; i++) {
    const scaled = graph.node("Mul", [y, root], x.shape);
    y = graph.node("MatMul", [scaled, x], x.shape);
  }
  const most = graph.node("ReduceMax", [y], [], {
    attributes: { keepdims: { int: 0 } },
  });
  return { graph, inputs: [x], outputs: [products > 1 ? most : y] };
}

/**
 * Attention as text encoders, cross-attention and self-attention of Stable Diffusion have it. In half
 * precision too, inputs and outputs are float32.
 */
export function attentionGraph(
  form: AttentionForm,
  { half = false } = {},
): TestGraph {
  const graph = new GraphBuilder({ half });
  const ops = onnxOps(graph, { attention: form });
  const cast = (x: OnnxValue, to: number) =>
    half
      ? graph.node("Cast", [x], x.shape, { attributes: { to: { int: to } } })
      : x;
  const inputs = [
    { name: "text", shape: [1, 77, 32] },
    { name: "queries", shape: [1, 64, 320] },
    { name: "words", shape: [1, 77, 320] },
  ];
  const [text, queries, words] = inputs.map((x) => cast(x, onnxTypes.F16));
  const outputs = [
    ops.attention(text!, text!, text!, { heads: 4, causal: true }),
    ops.attention(queries!, words!, words!, { heads: 8 }),
    ops.attention(queries!, queries!, queries!, { heads: 2 }),
  ];
  return {
    graph,
    inputs,
    outputs: outputs.map((y) => cast(y, onnxTypes.F32)),
  };
}

/**
 * Convolutions of Stable Diffusion's first width, of a model for inpainting and of a picture: with
 * as many channels as each has, written down as the device's programs have them.
 */
export function convolutionGraph(device: OnnxDevice): TestGraph {
  const graph = new GraphBuilder();
  const ops = onnxOps(graph, { fours: fillsChannels(device) });
  const parts = [[320, 320], [9, 32], [3, 32]].map(([channels, out]) => ({
    x: { name: `x${channels}`, shape: [1, channels!, 8, 8] },
    weight: { name: `weight${channels}`, shape: [out!, channels!, 3, 3] },
  }));
  return {
    graph,
    inputs: parts.flatMap(({ x, weight }) => [x, weight]),
    outputs: parts.map(({ x, weight }) =>
      ops.conv2d(x, weight, undefined, { padding: 1 })
    ),
  };
}

/** The largest of as many scores as a picture of 1024 × 1024 pixels has, 1.5 GB in all. */
export function largeScoresGraph(): TestGraph {
  const graph = new GraphBuilder();
  const rows = { name: "rows", shape: [testedSide, 1] };
  const columns = { name: "columns", shape: [1, testedSide] };
  const scores = graph.node("MatMul", [rows, columns], [
    testedSide,
    testedSide,
  ]);
  const y = graph.node("ReduceMax", [scores], [], {
    attributes: { keepdims: { int: 0 } },
  });
  return { graph, inputs: [rows, columns], outputs: [y] };
}
