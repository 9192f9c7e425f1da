import type { ScaledProductOptions } from "../tape/gradient_ops.ts";
import type { GraphBuilder, OnnxValue } from "./graph.ts";
import { broadcast } from "./shapes.ts";

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
