/** Operations that move values without changing them. */

import type { GraphBuilder, OnnxValue } from "./graph.ts";

/** Nearest-neighbour enlargement of images `[N, C, H, W]`. */
export function upsample(
  graph: GraphBuilder,
  x: OnnxValue,
  height: number,
  width: number,
): OnnxValue {
  const absent = { name: "", shape: [] };
  const sizes = graph.integers([height, width]);
  const [batch, channels, rows, columns] = x.shape;
  const larger = graph.node("Resize", [x, absent, absent, sizes], [
    batch!,
    channels!,
    height,
    width,
  ], {
    attributes: {
      axes: { ints: [2, 3] },
      mode: { word: "nearest" },
      nearest_mode: { word: "floor" },
      coordinate_transformation_mode: { word: "asymmetric" },
    },
  });
  const doubled = height === 2 * Number(rows) && width === 2 * Number(columns);
  return doubled ? { ...larger, enlarged: x } : larger;
}

/** A value a channel, `[C]`, in the shape in which it acts on images: `[C, 1, 1]`. */
export function perChannel(graph: GraphBuilder, value: OnnxValue): OnnxValue {
  const shape = [value.shape[0]!, 1, 1];
  return graph.node("Unsqueeze", [value, graph.integers([1, 2])], shape);
}

/** `x` once for each row of `like`. */
export function repeatBatch(
  graph: GraphBuilder,
  x: OnnxValue,
  like: OnnxValue,
): OnnxValue {
  const width = x.shape.at(-1) as number;
  const tokens = x.shape.length > 1 ? x.shape.at(-2) as number : 1;
  const batch = dimension(graph, like, 0);
  const attributes = { axis: { int: 0 } };
  const shape = graph.node("Concat", [batch, graph.integers([tokens, width])], [
    3,
  ], {
    attributes,
  });
  return graph.node("Expand", [x, shape], [like.shape[0]!, tokens, width]);
}

/** `[N · groups, T, W]` as `[N, groups, T, W]`, with as many groups as `like` has in axis 1. */
export function groupTokens(
  graph: GraphBuilder,
  x: OnnxValue,
  like: OnnxValue,
): OnnxValue {
  const parts = [
    graph.integers([-1]),
    dimension(graph, like, 1),
    dimension(graph, x, 1),
    dimension(graph, x, 2),
  ];
  const shape = graph.node("Concat", parts, [4], {
    attributes: { axis: { int: 0 } },
  });
  const dims = ["grouped", like.shape[1]!, x.shape[1]!, x.shape[2]!];
  return graph.node("Reshape", [x, shape], dims);
}

/** The size of one axis as a list of one integer, known when the graph runs. */
export function dimension(
  graph: GraphBuilder,
  x: OnnxValue,
  axis: number,
): OnnxValue {
  const attributes = { start: { int: axis }, end: { int: axis + 1 } };
  return graph.node("Shape", [x], [1], { attributes });
}

/** Reshape to `shape`; `dims` says the same to ONNX, 0 for an axis kept and −1 for one computed. */
export function reshape(
  graph: GraphBuilder,
  x: OnnxValue,
  shape: readonly (number | string)[],
  dims: readonly number[],
): OnnxValue {
  return graph.node("Reshape", [x, graph.integers(dims)], shape);
}

/** The last two of three axes exchanged. */
export function swapLast(graph: GraphBuilder, x: OnnxValue): OnnxValue {
  const [a, b, c] = x.shape;
  return graph.node("Transpose", [x], [a!, c!, b!], {
    attributes: { perm: { ints: [0, 2, 1] } },
  });
}

/** The shape of what two shapes give together, as numpy broadcasts. */
export function broadcast(
  a: readonly (number | string)[],
  b: readonly (number | string)[],
): (number | string)[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const left = a.at(i - rank) ?? 1, right = b.at(i - rank) ?? 1;
    if (i - rank < -a.length) return right;
    if (i - rank < -b.length) return left;
    return left === 1 ? right : left;
  });
}
