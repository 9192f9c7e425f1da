import type { ScaledProductOptions } from "../tape/gradient_ops.ts";
import { enlargedConv2d, enlargedFrom } from "./convolution/enlarged_conv.ts";
import type { GraphBuilder, OnnxLayer, OnnxValue } from "./graph.ts";
import { widenedParts } from "./weights/held_weights.ts";
import { broadcast, reshape } from "./shapes.ts";
import {
  type ConvolutionSize,
  directMultiplications,
  winogradConv2d,
  winogradPays,
} from "./convolution/winograd.ts";
import type { Padding } from "../ops.ts";

/** An input with the weights that act on it. */
interface Weighted {
  readonly x: OnnxValue;
  readonly weight: OnnxValue;
  readonly bias: OnnxValue | undefined;
}

/** A convolution. */
export function conv2d(
  graph: GraphBuilder,
  { x, weight, bias }: Weighted,
  options: {
    stride?: number;
    padding?: number | Padding;
    winogradFrom: number;
    /** Whether channels are filled up with zeros to a multiple of four. @default {false} */
    fours?: boolean;
  },
): OnnxValue {
  const { stride = 1, padding = 0, winogradFrom, fours = false } = options;
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
  const threes = kernelHeight === 3 && kernelWidth === 3 && stride === 1 &&
    [top, right, bottom, left].every((pixels) => pixels === 1);
  const small = threes && mayBeRewritten({ x, weight, bias }, winogradFrom)
    ? enlargedFrom(x)
    : undefined;
  if (small) return enlargedConv2d(graph, { small, weight, bias });
  if (threes && mayUseWinograd({ x, weight, bias }, winogradFrom)) {
    return winogradConv2d(graph, { x, weight, bias });
  }
  const rows = Math.floor((height + top + bottom - kernelHeight) / stride) + 1;
  const columns = Math.floor((width + left + right - kernelWidth) / stride) + 1;
  const both = fours
    ? [x, weight].map((one) => filledUp(graph, one))
    : [x, weight];
  const inputs = bias === undefined ? both : [...both, bias];
  return graph.node("Conv", inputs, [batch, out, rows, columns], {
    attributes: {
      kernel_shape: { ints: [kernelHeight, kernelWidth] },
      strides: { ints: [stride, stride] },
      pads: { ints: [top, left, bottom, right] },
    },
  });
}

/**
 * An image or a weight with its channels, on axis 1, filled up to a multiple of four. onnxruntime's
 * WebGPU provider reads channels by threes where their number allows it, and then computes other
 * numbers of nine, as a model for inpainting has.
 */
function filledUp(graph: GraphBuilder, x: OnnxValue): OnnxValue {
  const channels = x.shape[1] as number;
  if (channels <= 3 || channels % 4 === 0) return x;
  const missing = 4 - channels % 4;
  const pads = graph.integers([0, 0, 0, 0, 0, missing, 0, 0]);
  return graph.node("Pad", [x, pads], x.shape.with(1, channels + missing));
}

/** Whether a convolution of 3 × 3 is large enough for another form. */
function mayBeRewritten(weighted: Weighted, from: number): boolean {
  return from <= directMultiplications(sizeOf(weighted));
}

function mayUseWinograd(weighted: Weighted, from: number): boolean {
  return mayBeRewritten(weighted, from) &&
    (from === 0 || winogradPays(sizeOf(weighted)));
}

function sizeOf({ x, weight }: Weighted): ConvolutionSize {
  const [, channels, height, width] = x.shape;
  const [out] = weight.shape;
  return { channels, out, height, width } as ConvolutionSize;
}

/**
 * `x · weightᵀ + bias`: as Gemm where all axes but the batch are known, which takes the weights as
 * they lie in the file. Otherwise as a product with the transposed weights.
 */
export function linear(
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
  return layerResult(graph, { x, weight, bias });
}

/** `x` times a number: where it is the result of a layer, that layer's product has the factor. */
export function scaled(
  graph: GraphBuilder,
  x: OnnxValue,
  factor: number,
): OnnxValue {
  return x.layer === undefined
    ? graph.node("Mul", [x, graph.floats([factor], [])], x.shape)
    : layerResult(graph, {
      ...x.layer,
      factor: factor * (x.layer.factor ?? 1),
    });
}

function layerResult(graph: GraphBuilder, layer: OnnxLayer): OnnxValue {
  const { x, weight, bias, factor } = layer;
  const [out, width] = weight.shape as [number, number];
  const shape = x.shape.with(-1, out);
  const parts = layersOfRows(graph, layer, widenedParts(graph, layer));
  if (parts !== undefined) {
    const results = parts.map((part) => layerResult(graph, part));
    const attributes = { axis: { int: -1 } };
    return { ...graph.node("Concat", results, shape, { attributes }), layer };
  }
  const flat = x.shape.length === 2
    ? x
    : reshape(graph, x, ["rows", width], [-1, width]);
  const inputs = bias === undefined ? [flat, weight] : [flat, weight, bias];
  const scale = factor && { float: factor };
  const attributes = {
    transB: { int: 1 },
    ...(scale && { alpha: scale, beta: scale }),
  };
  const product = graph.node("Gemm", inputs, [flat.shape[0]!, out], {
    attributes,
  });
  if (x.shape.length === 2) return { ...product, layer };
  const dims = [-1, ...shape.slice(1) as number[]];
  return { ...reshape(graph, product, shape, dims), layer };
}

/**
 * Equal parts along the last axis. A layer's result is not cut: each part is a layer of its own on
 * some rows of the weights, so that nothing wide is written and then copied.
 */
export function splitWidth(
  graph: GraphBuilder,
  x: OnnxValue,
  parts: number,
): OnnxValue[] {
  const layers = x.layer && layersOfRows(graph, x.layer, parts);
  if (layers) {
    return layers.map((layer) => layerResult(graph, layer));
  }
  return split(graph, x, parts, x.shape.length - 1);
}

function layersOfRows(
  graph: GraphBuilder,
  { weight, bias, ...layer }: OnnxLayer,
  parts: number,
): OnnxLayer[] | undefined {
  if (parts === 1) return undefined;
  const indices = Array.from({ length: parts }, (_, part) => part);
  const rows = (whole: OnnxValue) =>
    indices.map((part) => graph.rowsOf(whole, { part, parts }));
  const weights = rows(weight), biases = bias && rows(bias);
  if ([...weights, ...biases ?? []].includes(undefined)) return undefined;
  return indices.map((part) => ({
    ...layer,
    weight: weights[part]!,
    bias: biases?.[part],
  }));
}

/** Equal parts along an axis, which are copied. */
export function split(
  graph: GraphBuilder,
  x: OnnxValue,
  parts: number,
  axis: number,
): OnnxValue[] {
  const shape = x.shape.with(axis, (x.shape[axis] as number) / parts);
  const attributes = { axis: { int: axis }, num_outputs: { int: parts } };
  return graph.nodesOf("Split", [x], Array(parts).fill(shape), { attributes });
}

/** Two matrices as Gemm; batches of them as onnxruntime's product that turns its factors itself. */
export function product(
  graph: GraphBuilder,
  a: OnnxValue,
  b: OnnxValue,
  { transposeA = false, transposeB = false, factor = 1 }: ScaledProductOptions =
    {},
): OnnxValue {
  const rows = a.shape.at(transposeA ? -1 : -2)!;
  const columns = b.shape.at(transposeB ? -2 : -1)!;
  const leading = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const shape = [...leading, rows, columns];
  const attributes = {
    transA: { int: Number(transposeA) },
    transB: { int: Number(transposeB) },
    ...(factor === 1 ? {} : { alpha: { float: factor } }),
  };
  if (shape.length === 2) {
    return graph.node("Gemm", [a, b], shape, { attributes });
  }
  if (!transposeA && !transposeB && factor === 1) {
    return graph.node("MatMul", [a, b], shape);
  }
  return graph.node("FusedMatMul", [a, b], shape, {
    domain: "com.microsoft",
    attributes,
  });
}
