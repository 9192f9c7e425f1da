import { type AttentionForm, onnxAttention } from "./attention.ts";
import type { Dim, GraphBuilder, OnnxValue } from "./graph.ts";
import { int8Linear } from "./int8.ts";
import { conv2d, linear, product, split, splitWidth } from "./layers.ts";
import { groupNorm, layerNorm, type NormOptions } from "./norms.ts";
import { convolvedBesideTokens, imageOf, tokensOf } from "./pixels.ts";
import { onnxRegionAttention } from "./region_attention.ts";
import {
  broadcast,
  groupTokens,
  repeatBatch,
  reshape,
  swapLast,
  upsample,
} from "./shapes.ts";
import type { Ops } from "../ops.ts";

/** Operators of onnxruntime beside ONNX's own. */
const contrib = { domain: "com.microsoft" };

/** Options of {@linkcode onnxOps}. */
export interface OnnxOpsOptions extends NormOptions {
  /** Whether the products of tokens with weights are in eight bits. @default {false} */
  int8?: boolean;
  /**
   * Multiplications of a picture's convolution from which on it takes Winograd's form, where that
   * pays. @default {Infinity}
   */
  winogradFrom?: number;
  /** How attention is written down. @default {"fused"} */
  attention?: AttentionForm;
  /** Whether channels of convolutions are filled up to a multiple of four. @default {false} */
  fours?: boolean;
  /** Whether convolutions of single pixels beside tokens act on those. @default {false} */
  pixelLayers?: boolean;
  /**
   * Whether trained convolutions and their derivatives are left to the device's library, instead of
   * products in Winograd's form. @default {false}
   */
  directConvolutions?: boolean;
  /** Whether normalisations whose statistics derivatives need are written in plain operators. @default {false} */
  plainNorms?: boolean;
}

/**
 * The operations written down as nodes of an ONNX graph. Images are `[N, C, H, W]`; only what a
 * program names may differ from run to run: batch, tokens of text and references, instances.
 */
export function onnxOps(
  graph: GraphBuilder,
  options: OnnxOpsOptions = {},
): Ops<OnnxValue> {
  const { int8 = false, winogradFrom = Infinity, attention: form = "fused" } =
    options;
  const { fours, pixelLayers, centred, oneEpsilon } = options;
  const norms = { centred, oneEpsilon };
  const quickGelu = (x: OnnxValue, alpha: number) =>
    graph.node("QuickGelu", [x], x.shape, {
      ...contrib,
      attributes: { alpha: { float: alpha } },
    });
  const binary = (type: string, a: OnnxValue, b: OnnxValue) =>
    graph.node(type, [a, b], broadcast(a.shape, b.shape));
  const reduceWidth = (type: string, x: OnnxValue) =>
    graph.node(type, [x, graph.integers([-1])], x.shape.with(-1, 1));
  return {
    conv2d: (x, weight, bias, options = {}) => {
      const layer = { x, weight, bias };
      const convolve = () =>
        conv2d(graph, layer, { ...options, winogradFrom, fours });
      return pixelLayers
        ? convolvedBesideTokens(graph, layer, { ...options, convolve })
        : convolve();
    },
    linear: (x, weight, bias) =>
      int8 && x.shape.length === 3 && weight.weight !== undefined
        ? int8Linear(graph, { x, weight, bias })
        : linear(graph, x, weight, bias),
    embedding: (ids, table) =>
      graph.node("Gather", [table, ids], [...ids.shape, table.shape[1]!]),
    groupNorm: (x, weight, bias, options) =>
      groupNorm(graph, { x, weight, bias }, { ...options, ...norms }),
    layerNorm: (x, weight, bias, eps) =>
      layerNorm(graph, { x, weight, bias }, { eps, ...norms }),
    attention: (q, k, v, { heads, causal, bias }) =>
      onnxAttention(graph, { q, k, v, bias }, { heads, causal, form }),
    regionAttention: (q, k, v, weights, { heads }) =>
      onnxRegionAttention(graph, { q, k, v, weights }, heads),
    silu: (x) => quickGelu(x, 1),
    gelu: (x) => graph.node("Gelu", [x], x.shape, contrib),
    quickGelu: (x) => quickGelu(x, 1.702),
    relu: (x) => graph.node("Relu", [x], x.shape),
    add: (a, b) => binary("Add", a, b),
    mul: (a, b) => binary("Mul", a, b),
    constant: (shape, values) => graph.floats(values, shape),
    sub: (a, b) => binary("Sub", a, b),
    div: (a, b) => binary("Div", a, b),
    sqrt: (x) => graph.node("Sqrt", [x], x.shape),
    sigmoid: (x) => graph.node("Sigmoid", [x], x.shape),
    product: (a, b, options) => product(graph, a, b, options),
    softmax: (x) =>
      graph.node("Softmax", [x], x.shape, {
        attributes: { axis: { int: -1 } },
      }),
    sumWidth: (x) => reduceWidth("ReduceSum", x),
    maxWidth: (x) => reduceWidth("ReduceMax", x),
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
    ...moves(graph),
  };
}

/** Operations that move values without changing them. */
function moves(graph: GraphBuilder) {
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
  return {
    upsample: (x, { height, width }) => upsample(graph, x, height, width),
    concatChannels: (images) => concat(images, 1),
    splitChannels: (x, parts) => split(graph, x, parts, 1),
    sizeOf: ({ shape }) => ({
      height: shape[2] as number,
      width: shape[3] as number,
    }),
    tokens: (image) => tokensOf(graph, image),
    image: (tokens, size) => imageOf(graph, tokens, size),
    concatTokens: (tokens) => concat(tokens, 1),
    sliceTokens: (x, start, length) => {
      const bounds = [start, start + length, 1].map((value) =>
        graph.integers([value])
      );
      const inputs = [x, bounds[0]!, bounds[1]!, bounds[2]!];
      return graph.node("Slice", inputs, x.shape.with(1, length));
    },
    splitWidth: (x, parts) => splitWidth(graph, x, parts),
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
    turnTokens: (x) => swapLast(graph, x),
    stackRows: (x) => {
      const [rows, tokens, width] = x.shape as [Dim, number, number];
      const all = tokens * width;
      return reshape(graph, x, [1, rows, all], [1, -1, all]);
    },
    unstackRows: (x, tokens) => {
      const [, rows, all] = x.shape as [1, Dim, number];
      const shape = [tokens, all / tokens];
      return reshape(graph, x, [rows, ...shape], [-1, ...shape]);
    },
  } satisfies Partial<Ops<OnnxValue>>;
}
