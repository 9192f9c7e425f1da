import type { GraphBuilder, OnnxValue } from "./graph.ts";
import { scaled } from "./layers.ts";
import { dimension } from "./shapes.ts";

/**
 * How attention is written down: `fused` as onnxruntime's operator, `plain` in products and a
 * softmax, `tiled` like plain for devices that bind less at once. Both cut the queries where all
 * scores at once are too large.
 */
export type AttentionForm = "fused" | "plain" | "tiled";

/** Bytes of scores that every WebGPU device can bind. */
export const boundScores = 2 ** 27;

/** Side of the square of scores that a device of form `plain` bound in its self-test. */
export const testedSide = 20_000;

/** Bytes of scores that an attention may have at once, by its form. */
const mostScores = { plain: 4 * testedSide ** 2, tiled: boundScores };

/** Batch under guidance, for which memory is reckoned. */
const batchUnderGuidance = 2;

/** So far below the scores that their share of a softmax is 0, in half precision too. */
const hidden = -6e4;

/** Options of {@linkcode onnxAttention}. */
export interface OnnxAttentionOptions {
  readonly heads: number;
  /** Whether queries see no later keys. @default {false} */
  readonly causal?: boolean;
  readonly form: AttentionForm;
}

/** Queries, keys, values, and a bias of the scores `[N, Q, K]`. */
interface AttentionInputs {
  readonly q: OnnxValue;
  readonly k: OnnxValue;
  readonly v: OnnxValue;
  readonly bias?: OnnxValue;
}

/** Scaled dot-product attention of `[N, Q, W]` over `[N, K, W]`. */
export function onnxAttention(
  graph: GraphBuilder,
  { bias, ...inputs }: AttentionInputs,
  options: OnnxAttentionOptions,
): OnnxValue {
  const { q, k, v } = inputs;
  const { heads, causal = false, form } = options;
  const scoreBias = bias && biasOfHeads(graph, bias);
  if (form !== "fused") {
    return plainAttention(graph, { ...inputs, bias: scoreBias }, options);
  }
  const absent = { name: "", shape: [] };
  // a bias stands behind two inputs that are left out
  const added = scoreBias ? [absent, absent, scoreBias] : [];
  return graph.node("MultiHeadAttention", [q, k, v, ...added], q.shape, {
    domain: "com.microsoft",
    attributes: {
      num_heads: { int: heads },
      ...(causal ? { unidirectional: { int: 1 } } : {}),
    },
  });
}

/** A bias for all heads, `[N, 1, Q, K]`; in half precision no number of it is infinite. */
function biasOfHeads(graph: GraphBuilder, bias: OnnxValue): OnnxValue {
  const [batch, queries, keys] = bias.shape;
  const shape = [batch!, 1, queries!, keys!];
  const spread = graph.node("Unsqueeze", [bias, graph.integers([1])], shape);
  if (!graph.half) return spread;
  return graph.node("Max", [spread, graph.floats([hidden], [])], shape);
}

function plainAttention(
  graph: GraphBuilder,
  { q, k, v, bias }: AttentionInputs,
  { heads, causal, form }: OnnxAttentionOptions,
): OnnxValue {
  const width = q.shape[2] as number;
  // the keys are the fewer, so they carry the factor
  const smaller = scaled(graph, k, 1 / Math.sqrt(width / heads));
  const queries = byHeads(graph, q, { heads, perm: [0, 2, 1, 3] });
  const keys = byHeads(graph, smaller, { heads, perm: [0, 2, 3, 1] });
  const values = byHeads(graph, v, { heads, perm: [0, 2, 1, 3] });
  const attend = (some: OnnxValue) => {
    const shape = [...some.shape.slice(0, 3), k.shape[1]!];
    const scores = graph.node("MatMul", [some, keys], shape);
    const biased = bias ? graph.node("Add", [scores, bias], shape) : scores;
    const seen = causal ? hideLater(graph, biased, q) : biased;
    const shares = graph.node("Softmax", [seen], shape, {
      attributes: { axis: { int: -1 } },
    });
    return graph.node("MatMul", [shares, values], some.shape);
  };
  const lengths = { heads, queries: q.shape[1]!, keys: k.shape[1]! };
  const sizes = form === "fused" || causal || bias
    ? []
    : queryTiles(lengths, mostScores[form]);
  const mixed = sizes.length > 1
    ? joinTiles(graph, cutQueries(graph, queries, sizes).map(attend), queries)
    : attend(queries);
  const joined = graph.node("Transpose", [mixed], [
    ...[q.shape[0]!, q.shape[1]!, heads, width / heads],
  ], { attributes: { perm: { ints: [0, 2, 1, 3] } } });
  const flat = graph.integers([0, 0, width]);
  return graph.node("Reshape", [joined, flat], q.shape);
}

/** `[N, L, W]` as `[N, L, heads, d]`, its axes in the order `perm`. */
function byHeads(
  graph: GraphBuilder,
  x: OnnxValue,
  { heads, perm }: { heads: number; perm: readonly number[] },
): OnnxValue {
  const [batch, length, width] = x.shape as [string, string, number];
  const shape = [batch, length, heads, width / heads];
  const dims = graph.integers([0, 0, heads, width / heads]);
  const apart = graph.node("Reshape", [x, dims], shape);
  const turned = perm.map((axis) => shape[axis]!);
  return graph.node("Transpose", [apart], turned, {
    attributes: { perm: { ints: perm } },
  });
}

/** Scores of later keys made too small to count. */
function hideLater(
  graph: GraphBuilder,
  scores: OnnxValue,
  q: OnnxValue,
): OnnxValue {
  const side = dimension(graph, q, 1);
  const square = graph.node("Concat", [side, side], [2], {
    attributes: { axis: { int: 0 } },
  });
  const shape = [q.shape[1]!, q.shape[1]!];
  const full = graph.node(
    "Expand",
    [graph.floats([hidden], []), square],
    shape,
  );
  const later = graph.node("Trilu", [full, graph.integers([1])], shape, {
    attributes: { upper: { int: 1 } },
  });
  return graph.node("Add", [scores, later], scores.shape);
}

/**
 * How many queries each tile has, so that no tile's scores are larger than a device must bind: one
 * tile where they fit, and where a size is known only when the graph runs.
 */
export function queryTiles(
  { heads, queries, keys }: {
    heads: number;
    queries: number | string;
    keys: number | string;
  },
  limit: number,
): number[] {
  if (typeof queries === "string" || typeof keys === "string") return [];
  const row = 4 * batchUnderGuidance * heads * keys;
  const most = Math.max(1, Math.floor(limit / row));
  const tiles = Math.ceil(queries / most);
  const least = Math.floor(queries / tiles), more = queries % tiles;
  return Array.from({ length: tiles }, (_, i) => least + (i < more ? 1 : 0));
}

function cutQueries(
  graph: GraphBuilder,
  queries: OnnxValue,
  sizes: readonly number[],
): OnnxValue[] {
  const shapes = sizes.map((size) => queries.shape.with(2, size));
  return graph.nodesOf("Split", [queries, graph.integers(sizes)], shapes, {
    attributes: { axis: { int: 2 } },
  });
}

function joinTiles(
  graph: GraphBuilder,
  tiles: readonly OnnxValue[],
  whole: OnnxValue,
): OnnxValue {
  return graph.node("Concat", tiles, whole.shape, {
    attributes: { axis: { int: 2 } },
  });
}
