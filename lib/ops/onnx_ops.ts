import type { GraphBuilder, OnnxValue } from "./onnx_graph.ts";
import { int8Linear } from "./onnx_int8.ts";
import { onnxRegionAttention } from "./onnx_region_attention.ts";
import type { Ops, Padding } from "./ops.ts";

/** Operators of onnxruntime beside ONNX's own. */
const contrib = { domain: "com.microsoft" };

/** Options of {@linkcode onnxOps}. */
export interface OnnxOpsOptions {
  /** Whether the products of tokens with weights are in eight bits. @default {false} */
  int8?: boolean;
}

/**
 * The operations written down as nodes of an ONNX graph. Images are `[N, C, H, W]`; only what a
 * program names may differ from run to run: batch, tokens of text and references, instances.
 */
export function onnxOps(
  graph: GraphBuilder,
  { int8 = false }: OnnxOpsOptions = {},
): Ops<OnnxValue> {
  const quickGelu = (x: OnnxValue, alpha: number) =>
    graph.node("QuickGelu", [x], x.shape, {
      ...contrib,
      attributes: { alpha: { float: alpha } },
    });
  const split = (x: OnnxValue, parts: number, axis: number) => {
    const shape = x.shape.with(axis, (x.shape.at(axis) as number) / parts);
    const attributes = { axis: { int: axis }, num_outputs: { int: parts } };
    return graph.nodesOf("Split", [x], Array(parts).fill(shape), {
      attributes,
    });
  };
  const concat = (values: readonly OnnxValue[], axis: number) => {
    const dims = values.map(({ shape }) => shape[axis]!);
    const known = dims.every((dim) => typeof dim === "number");
    const total = known
      ? dims.reduce((a, b) => (a as number) + (b as number))
      : dims.join("+");
    const attributes = { axis: { int: axis } };
    return graph.node("Concat", values, values[0]!.shape.with(axis, total), {
      attributes,
    });
  };
  const binary = (type: string, a: OnnxValue, b: OnnxValue) =>
    graph.node(type, [a, b], broadcast(a.shape, b.shape));
  return {
    conv2d: (x, weight, bias, options = {}) =>
      conv2d(graph, { x, weight, bias }, options),
    linear: (x, weight, bias) =>
      int8 && x.shape.length === 3 && weight.weight !== undefined
        ? int8Linear(graph, { x, weight, bias })
        : linear(graph, x, weight, bias),
    embedding: (ids, table) =>
      graph.node("Gather", [table, ids], [...ids.shape, table.shape[1]!]),
    groupNorm: (x, weight, bias, options) =>
      groupNorm(graph, { x, weight, bias }, options),
    layerNorm: (x, weight, bias, eps) =>
      graph.node("LayerNormalization", [x, weight, bias], x.shape, {
        attributes: { axis: { int: -1 }, epsilon: { float: eps } },
      }),
    attention: (q, k, v, { heads, causal }) =>
      graph.node("MultiHeadAttention", [q, k, v], q.shape, {
        ...contrib,
        attributes: {
          num_heads: { int: heads },
          ...(causal ? { unidirectional: { int: 1 } } : {}),
        },
      }),
    regionAttention: (q, k, v, weights, { heads }) =>
      onnxRegionAttention(graph, { q, k, v, weights }, heads),
    silu: (x) => quickGelu(x, 1),
    gelu: (x) => graph.node("Gelu", [x], x.shape, contrib),
    quickGelu: (x) => quickGelu(x, 1.702),
    add: (a, b) => binary("Add", a, b),
    mul: (a, b) => binary("Mul", a, b),
    scale: (x, factor) => binary("Mul", x, graph.floats([factor], [])),
    addChannels: (x, vector) => {
      const shape = [...vector.shape, 1, 1];
      const spread = graph.node(
        "Unsqueeze",
        [vector, graph.integers([2, 3])],
        shape,
      );
      return graph.node("Add", [x, spread], x.shape);
    },
    upsample: (x, { height, width }) => upsample(graph, x, height, width),
    concatChannels: (images) => concat(images, 1),
    splitChannels: (x, parts) => split(x, parts, 1),
    tokens: (image) => {
      const [batch, channels, height, width] = image.shape as [
        string,
        number,
        number,
        number,
      ];
      const flat = reshape(graph, image, [batch, channels, height * width], [
        0,
        channels,
        -1,
      ]);
      return swapLast(graph, flat);
    },
    image: (tokens, { height, width }) => {
      const [batch, , channels] = tokens.shape as [string, number, number];
      const turned = swapLast(graph, tokens);
      const shape = [channels, height, width];
      return reshape(graph, turned, [batch, ...shape], [0, ...shape]);
    },
    concatTokens: (tokens) => concat(tokens, 1),
    sliceTokens: (x, start, length) => {
      const bounds = [start, start + length, 1].map((value) =>
        graph.integers([value])
      );
      const inputs = [x, bounds[0]!, bounds[1]!, bounds[2]!];
      return graph.node("Slice", inputs, x.shape.with(1, length));
    },
    splitWidth: (x, parts) => split(x, parts, x.shape.length - 1),
    token: (x, index) => {
      const one = graph.integers([index]);
      const attributes = { axis: { int: 1 } };
      const kept = graph.node("Gather", [x, one], x.shape.with(1, 1), {
        attributes,
      });
      const [batch, , width] = x.shape;
      return graph.node("Squeeze", [kept, graph.integers([1])], [
        batch!,
        width!,
      ]);
    },
    unflatten: (vector, tokens) => {
      const [batch, width] = vector.shape as [string, number];
      const shape = [tokens, width / tokens];
      return reshape(graph, vector, [batch, ...shape], [0, ...shape]);
    },
    repeatBatch: (x, like) => repeatBatch(graph, x, like),
    groupTokens: (x, like) => groupTokens(graph, x, like),
  };
}

interface Weighted {
  readonly x: OnnxValue;
  readonly weight: OnnxValue;
  readonly bias: OnnxValue | undefined;
}

function conv2d(
  graph: GraphBuilder,
  { x, weight, bias }: Weighted,
  options: { stride?: number; padding?: number | Padding },
): OnnxValue {
  const { stride = 1, padding = 0 } = options;
  const { top, right, bottom, left } = typeof padding === "number"
    ? { top: padding, right: padding, bottom: padding, left: padding }
    : padding;
  const [batch, , height, width] = x.shape as [string, number, number, number];
  const [out, , kernelHeight, kernelWidth] = weight.shape as [
    number,
    number,
    number,
    number,
  ];
  const rows = Math.floor((height + top + bottom - kernelHeight) / stride) + 1;
  const columns = Math.floor((width + left + right - kernelWidth) / stride) + 1;
  const inputs = bias === undefined ? [x, weight] : [x, weight, bias];
  return graph.node("Conv", inputs, [batch, out, rows, columns], {
    attributes: {
      kernel_shape: { ints: [kernelHeight, kernelWidth] },
      strides: { ints: [stride, stride] },
      pads: { ints: [top, left, bottom, right] },
    },
  });
}

/**
 * `x · weightᵀ + bias`: as Gemm, which takes the weights as they lie in the file, where all axes but
 * the batch are known; else as a product with the transposed weights.
 */
function linear(
  graph: GraphBuilder,
  x: OnnxValue,
  weight: OnnxValue,
  bias: OnnxValue | undefined,
): OnnxValue {
  const [out, width] = weight.shape as [number, number];
  const shape = x.shape.with(-1, out);
  if (x.shape.slice(1).some((dim) => typeof dim === "string")) {
    const turned = graph.node("Transpose", [weight], [width, out], {
      attributes: { perm: { ints: [1, 0] } },
    });
    const product = graph.node("MatMul", [x, turned], shape);
    return bias === undefined
      ? product
      : graph.node("Add", [product, bias], shape);
  }
  const flat = x.shape.length === 2
    ? x
    : reshape(graph, x, ["rows", width], [-1, width]);
  const inputs = bias === undefined ? [flat, weight] : [flat, weight, bias];
  const attributes = { transB: { int: 1 } };
  const product = graph.node("Gemm", inputs, [flat.shape[0]!, out], {
    attributes,
  });
  if (x.shape.length === 2) return product;
  return reshape(graph, product, shape, [-1, ...shape.slice(1) as number[]]);
}

/** Instance normalisation over groups laid flat is the fastest form that onnxruntime has. */
function groupNorm(
  graph: GraphBuilder,
  { x, weight, bias }: Weighted,
  options: { groups: number; eps: number },
): OnnxValue {
  const { groups, eps } = options;
  const [batch, channels, height, width] = x.shape as [
    string,
    number,
    number,
    number,
  ];
  const cells = channels / groups * height * width;
  const flat = reshape(graph, x, [batch, groups, cells], [0, groups, -1]);
  const ones = graph.floats(Array(groups).fill(1), [groups]);
  const zeros = graph.floats(Array(groups).fill(0), [groups]);
  const normal = graph.node(
    "InstanceNormalization",
    [flat, ones, zeros],
    flat.shape,
    {
      attributes: { epsilon: { float: eps } },
    },
  );
  const back = reshape(graph, normal, x.shape, [0, channels, height, width]);
  const perChannel = (value: OnnxValue) =>
    graph.node("Unsqueeze", [value, graph.integers([1, 2])], [channels, 1, 1]);
  const scaled = graph.node("Mul", [back, perChannel(weight)], x.shape);
  return graph.node("Add", [scaled, perChannel(bias!)], x.shape);
}

function upsample(
  graph: GraphBuilder,
  x: OnnxValue,
  height: number,
  width: number,
): OnnxValue {
  const absent = { name: "", shape: [] };
  const sizes = graph.integers([height, width]);
  const [batch, channels] = x.shape;
  return graph.node("Resize", [x, absent, absent, sizes], [
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
}

function repeatBatch(
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

function groupTokens(
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

function swapLast(graph: GraphBuilder, x: OnnxValue): OnnxValue {
  const [a, b, c] = x.shape;
  return graph.node("Transpose", [x], [a!, c!, b!], {
    attributes: { perm: { ints: [0, 2, 1] } },
  });
}

function broadcast(
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
