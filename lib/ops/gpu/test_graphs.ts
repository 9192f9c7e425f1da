import type { AttentionForm } from "../onnx/attention.ts";
import { fillsChannels, type OnnxDevice } from "../onnx/devices.ts";
import { GraphBuilder, type OnnxValue } from "../onnx/graph.ts";
import { onnxOps } from "../onnx/ops.ts";

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

/** Attention as text encoders, cross-attention and self-attention of Stable Diffusion have it. */
export function attentionGraph(form: AttentionForm): TestGraph {
  const graph = new GraphBuilder();
  const ops = onnxOps(graph, { attention: form });
  const value = (name: string, ...shape: number[]) => ({ name, shape });
  const text = value("text", 1, 77, 32);
  const queries = value("queries", 1, 64, 320);
  const words = value("words", 1, 77, 320);
  return {
    graph,
    inputs: [text, queries, words],
    outputs: [
      ops.attention(text, text, text, { heads: 4, causal: true }),
      ops.attention(queries, words, words, { heads: 8 }),
      ops.attention(queries, queries, queries, { heads: 2 }),
    ],
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

/** Sides of the scores of a picture of 1024 × 1024 pixels, 1.5 GB in all. */
const largeSide = 20_000;

/** The largest of so many scores. */
export function largeScoresGraph(): TestGraph {
  const graph = new GraphBuilder();
  const rows = { name: "rows", shape: [largeSide, 1] };
  const columns = { name: "columns", shape: [1, largeSide] };
  const scores = graph.node("MatMul", [rows, columns], [largeSide, largeSide]);
  const y = graph.node("ReduceMax", [scores], [], {
    attributes: { keepdims: { int: 0 } },
  });
  return { graph, inputs: [rows, columns], outputs: [y] };
}
