import type { GraphBuilder, OnnxValue } from "../graph.ts";
import type { OnnxOpsOptions } from "../ops.ts";
import type { GradientOps } from "../../tape/gradient_ops.ts";
import { sizeOf } from "../../../core/tensor.ts";
import { conv2dByInput, conv2dByWeight, trainedConv2d } from "./convolution.ts";
import { onnxLossOps } from "../loss_ops.ts";
import { product } from "../layers.ts";
import {
  barrier,
  numbers,
  pad,
  reshapeTo,
  slice,
  sumAxes,
  sumCopies,
  transpose,
} from "./movements.ts";

/**
 * The operations of derivatives as nodes of an ONNX graph, all of whose shapes are known. Images are
 * `[N, C, H, W]`.
 */
export function onnxGradientOps(
  graph: GraphBuilder,
  options: OnnxOpsOptions = {},
): GradientOps<OnnxValue> {
  const unary = (type: string) => (x: OnnxValue) =>
    graph.node(type, [x], x.shape);
  const normal = (x: OnnxValue, eps: number) =>
    options.plainNorms
      ? normalizePlainly(graph, x, eps)
      : normalize(graph, x, eps);
  return {
    ...onnxLossOps(graph, options),
    conv2d: (x, weight, bias, form = {}) =>
      trainedConv2d(graph, { x, weight, bias }, {
        winogradFrom: Infinity,
        ...options,
        ...form,
      }),
    product: (a, b, form) => product(graph, a, b, form),
    shapeOf: numbers,
    reshape: (x, shape) => reshapeTo(graph, x, shape),
    transpose: (x, order) => transpose(graph, x, order),
    expand: (x, shape) =>
      graph.node("Expand", [x, graph.integers(shape)], shape),
    sumAxes: (x, axes) => sumAxes(graph, x, axes),
    addAll: (values) => graph.node("Sum", values, values[0]!.shape),
    concat: (values, axis) => {
      const total = values.reduce((sum, x) => sum + numbers(x)[axis]!, 0);
      return graph.node("Concat", values, values[0]!.shape.with(axis, total), {
        attributes: { axis: { int: axis } },
      });
    },
    slice: (x, axis, start, length) => slice(graph, x, { axis, start, length }),
    pad: (x, axis, before, after) => pad(graph, x, { axis, before, after }),
    sign: unary("Sign"),
    erf: unary("Erf"),
    // factor and shift in one pass
    toUnit: (x) =>
      graph.node("HardSigmoid", [x], x.shape, {
        attributes: { alpha: { float: 0.5 }, beta: { float: 0.5 } },
      }),
    addRows: (ids, rows, table) => addRows(graph, ids, rows, table),
    normalize: normal,
    normalizeGroups: (image, { groups, eps }) => {
      const [batch, ...rest] = numbers(image);
      const each = [batch!, groups, sizeOf(rest) / groups];
      const form = normal(reshapeTo(graph, image, each), eps);
      return {
        normal: reshapeTo(graph, form.normal, numbers(image)),
        inverse: form.inverse,
      };
    },
    overPixels: (vector) =>
      reshapeTo(graph, vector, [...numbers(vector), 1, 1]),
    sumPixels: (image) =>
      reshapeTo(
        graph,
        sumAxes(graph, image, [2, 3]),
        numbers(image).slice(0, 2),
      ),
    sumBatchPixels: (image) => {
      const each = options.directConvolutions
        ? sumAxes(graph, image, [2, 3]) // cuDNN sums along axes side by side in a tenth of the time
        : image;
      const axes = each === image ? [0, 2, 3] : [0];
      return reshapeTo(graph, sumAxes(graph, each, axes), [numbers(image)[1]!]);
    },
    sliceChannels: (image, start, length) =>
      slice(graph, image, { axis: 1, start, length }),
    conv2dByInput: (dy, weight, x, form) =>
      conv2dByInput(graph, { dy, weight, x }, { ...options, ...form }),
    conv2dByWeight: (dy, x, weight, form) =>
      conv2dByWeight(graph, { dy, weight, x }, { ...options, ...form }),
    sumCopies: (dy, x) => sumCopies(graph, dy, x),
    channelsOf: (image) => numbers(image)[1]!,
    sizeOf: (image) => {
      const [, , height, width] = numbers(image);
      return { height: height!, width: width! };
    },
    barrier: (x, after) => barrier(graph, x, after),
    within: (part) => part(),
    spend: (_, make) => make(),
  };
}

/** As a product with the table of which row is which: no two sums are made at the same place at once. */
function addRows(
  graph: GraphBuilder,
  ids: OnnxValue,
  rows: OnnxValue,
  table: OnnxValue,
): OnnxValue {
  const [count, width] = numbers(table) as [number, number];
  const places = sizeOf(numbers(ids));
  const whole = graph.node("Cast", [ids], ids.shape, {
    attributes: { to: { int: 7 } },
  });
  const flat = reshapeTo(graph, whole, [places]);
  const depth = graph.integers([count]);
  const hot = graph.node(
    "OneHot",
    [flat, depth, graph.floats([0, 1], [2])],
    [places, count],
  );
  return graph.node("Gemm", [hot, reshapeTo(graph, rows, [places, width])], [
    count,
    width,
  ], { attributes: { transA: { int: 1 } } });
}

/** In operators of each step, for devices whose layer normalisation keeps no statistics. */
function normalizePlainly(
  graph: GraphBuilder,
  x: OnnxValue,
  eps: number,
): { normal: OnnxValue; inverse: OnnxValue } {
  const each = x.shape.with(-1, 1);
  const mean = (value: OnnxValue) =>
    graph.node("ReduceMean", [value, graph.integers([-1])], each);
  const centered = graph.node("Sub", [x, mean(x)], x.shape);
  const square = graph.node("Mul", [centered, centered], x.shape);
  const raised = graph.node(
    "Add",
    [mean(square), graph.floats([eps], [])],
    each,
  );
  const inverse = graph.node(
    "Reciprocal",
    [graph.node("Sqrt", [raised], each)],
    each,
  );
  return { normal: graph.node("Mul", [centered, inverse], x.shape), inverse };
}

/** onnxruntime's layer normalisation gives its statistics too. */
function normalize(
  graph: GraphBuilder,
  x: OnnxValue,
  eps: number,
): { normal: OnnxValue; inverse: OnnxValue } {
  const width = numbers(x).at(-1)!;
  const one = graph.floats([1], [1]);
  const ones = graph.node("Expand", [one, graph.integers([width])], [width]);
  const each = x.shape.with(-1, 1);
  const [normal, , inverse] = graph.nodesOf(
    "LayerNormalization",
    [x, ones],
    [x.shape, each, each],
    { attributes: { axis: { int: -1 }, epsilon: { float: eps } } },
  );
  return { normal: normal!, inverse: inverse! };
}
