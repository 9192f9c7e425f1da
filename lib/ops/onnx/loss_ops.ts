import type { LossOps } from "../loss_ops.ts";
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
  const reduceAll = (type: string) => (x: OnnxValue) =>
    graph.node(type, [x], [], { attributes: { keepdims: { int: 0 } } });
  return {
    ...onnxOps(graph, options),
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
    abs: unary("Abs"),
    logSoftmax: alongWidth("LogSoftmax"),
    sum: reduceAll("ReduceSum"),
    mean: reduceAll("ReduceMean"),
  };
}
