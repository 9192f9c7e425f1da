import type { GraphBuilder, OnnxValue } from "./graph.ts";
import { swapLast } from "./shapes.ts";

/**
 * `Σᵢ wᵢ ⊙ softmax(Q Kᵢᵀ / √d) Vᵢ`; the number of groups is known only when the graph runs.
 *
 * One product of queries and all groups' keys, a softmax within each group, the weights, one product
 * with all values.
 */
export function onnxRegionAttention(
  graph: GraphBuilder,
  inputs: { q: OnnxValue; k: OnnxValue; v: OnnxValue; weights: OnnxValue },
  heads: number,
): OnnxValue {
  const { q, k, v, weights } = inputs;
  const [batch, queries, width] = q.shape as [string, number, number];
  const head = width / heads;
  const integers = (...values: number[]) => graph.integers(values);
  const transpose = (x: OnnxValue, perm: number[]) =>
    graph.node("Transpose", [x], perm.map((axis) => x.shape[axis]!), {
      attributes: { perm: { ints: perm } },
    });
  const split = (x: OnnxValue, length: number | string) =>
    graph.node("Reshape", [x, integers(0, -1, heads, head)], [
      batch,
      length,
      heads,
      head,
    ]);
  // the keys are the fewer, so they carry the factor
  const scaled = graph.node(
    "Mul",
    [k, graph.floats([1 / Math.sqrt(head)], [])],
    k.shape,
  );
  const qh = transpose(split(q, queries), [0, 2, 1, 3]);
  const all = "group_tokens";
  const flat = (x: OnnxValue) =>
    graph.node("Reshape", [x, integers(0, -1, width)], [batch, all, width]);
  const kh = transpose(split(flat(scaled), all), [0, 2, 3, 1]);
  const vh = transpose(split(flat(v), all), [0, 2, 1, 3]);
  const scores = graph.node("MatMul", [qh, kh], [batch, heads, queries, all]);
  const weighted = weightedShares(graph, { scores, k, weights });
  const rows = graph.node(
    "Reshape",
    [weighted, integers(0, 0, 0, -1)],
    scores.shape,
  );
  const mixed = graph.node("MatMul", [rows, vh], [batch, heads, queries, head]);
  const joined = transpose(mixed, [0, 2, 1, 3]);
  return graph.node("Reshape", [joined, integers(0, 0, width)], q.shape);
}

/** A softmax within each group `[N, heads, Q, groups, keys]`, times the weight of the group. */
function weightedShares(
  graph: GraphBuilder,
  { scores, k, weights }: Record<"scores" | "k" | "weights", OnnxValue>,
): OnnxValue {
  const [batch, heads, queries] = scores.shape;
  const [, groups, keys] = k.shape;
  const grouped = [batch!, heads!, queries!, groups!, keys!];
  const shares = graph.node(
    "Softmax",
    [graph.node("Reshape", [scores, groupedShape(graph, k)], grouped)],
    grouped,
    { attributes: { axis: { int: -1 } } },
  );
  const perQuery = graph.node(
    "Unsqueeze",
    [swapLast(graph, weights), graph.integers([1, 4])],
    [weights.shape[0]!, 1, queries!, groups!, 1],
  );
  return graph.node("Mul", [shares, perQuery], grouped);
}

/** The shape `[N, heads, Q, groups, keys]`, whose last two numbers are read off `k`. */
function groupedShape(graph: GraphBuilder, k: OnnxValue): OnnxValue {
  const groupsAndKeys = graph.node("Shape", [k], [2], {
    attributes: { start: { int: 1 }, end: { int: 3 } },
  });
  return graph.node("Concat", [graph.integers([0, 0, 0]), groupsAndKeys], [5], {
    attributes: { axis: { int: 0 } },
  });
}
