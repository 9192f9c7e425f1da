import type { LossOps, ProductOptions } from "../loss_ops.ts";
import type { GraphBuilder, OnnxValue } from "./graph.ts";
import { onnxOps, type OnnxOpsOptions } from "./ops.ts";
import { broadcast } from "./shapes.ts";

/** The operations of losses as nodes of an ONNX graph. */
export function onnxLossOps(
  graph: GraphBuilder,
  options: OnnxOpsOptions = {},
): LossOps<OnnxValue> {
  const unary = (type: string) => (x: OnnxValue) =>
    graph.node(type, [x], x.shape);
  const binary = (type: string) => (a: OnnxValue, b: OnnxValue) =>
    graph.node(type, [a, b], broadcast(a.shape, b.shape));
  const alongWidth = (type: string) => (x: OnnxValue) =>
    graph.node(type, [x], x.shape, { attributes: { axis: { int: -1 } } });
  const reduceWidth = (type: string) => (x: OnnxValue) =>
    graph.node(type, [x, graph.integers([-1])], x.shape.with(-1, 1));
  const reduceAll = (type: string) => (x: OnnxValue) =>
    graph.node(type, [x], [], { attributes: { keepdims: { int: 0 } } });
  return {
    ...onnxOps(graph, options),
    constant: (shape, values) => graph.floats(values, shape),
    sub: binary("Sub"),
    div: binary("Div"),
    maximum: binary("Max"),
    minimum: binary("Min"),
    atLeast: (a, b) => {
      const shape = broadcast(a.shape, b.shape);
      const larger = graph.node("GreaterOrEqual", [a, b], shape);
      return graph.node("Cast", [larger], shape, {
        attributes: { to: { int: 1 } },
      });
    },
    exp: unary("Exp"),
    log: unary("Log"),
    sqrt: unary("Sqrt"),
    abs: unary("Abs"),
    sigmoid: unary("Sigmoid"),
    product: (a, b, options) => product(graph, a, b, options),
    softmax: alongWidth("Softmax"),
    logSoftmax: alongWidth("LogSoftmax"),
    sumWidth: reduceWidth("ReduceSum"),
    maxWidth: reduceWidth("ReduceMax"),
    sum: reduceAll("ReduceSum"),
    mean: reduceAll("ReduceMean"),
  };
}

/** Two matrices as Gemm; batches of them as onnxruntime's product that turns its factors itself. */
function product(
  graph: GraphBuilder,
  a: OnnxValue,
  b: OnnxValue,
  { transposeA = false, transposeB = false }: ProductOptions = {},
): OnnxValue {
  const rows = a.shape.at(transposeA ? -1 : -2)!;
  const columns = b.shape.at(transposeB ? -2 : -1)!;
  const leading = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const shape = [...leading, rows, columns];
  const attributes = {
    transA: { int: Number(transposeA) },
    transB: { int: Number(transposeB) },
  };
  if (shape.length === 2) {
    return graph.node("Gemm", [a, b], shape, { attributes });
  }
  if (!transposeA && !transposeB) return graph.node("MatMul", [a, b], shape);
  return graph.node("FusedMatMul", [a, b], shape, {
    domain: "com.microsoft",
    attributes,
  });
}
