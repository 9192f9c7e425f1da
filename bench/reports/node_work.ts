import type { ProfiledNode } from "./profile.ts";

/** What a node has to do, whoever runs it. */
export interface Work {
  /** Multiplications and additions. */
  readonly flops: number;
  /** Bytes of all that it reads and writes once, in four bytes a value. */
  readonly bytes: number;
}

const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Operators that only say otherwise how the same values are to be read. */
const views = ["Reshape", "Unsqueeze", "Squeeze", "Shape", "Identity"];

/** Work of a node, by its operator and shapes. */
export function workOf(node: ProfiledNode): Work {
  const { inputs, outputs } = node;
  if (views.includes(node.operator)) return { flops: 0, bytes: 0 };
  const values = [...inputs, ...outputs].reduce((sum, s) => sum + size(s), 0);
  return {
    flops: flops(node),
    bytes: 4 * (values + packedWeights(node)),
  };
}

function flops({ operator, inputs, outputs }: ProfiledNode): number {
  const [x, second] = inputs;
  const y = outputs[0] ?? [];
  switch (operator) {
    case "Conv":
    case "FusedConv":
      return 2 * size(y) * size(second!.slice(1));
    case "Gemm":
    case "FusedGemm":
    case "MatMul":
    case "FusedMatMul":
    case "DynamicQuantizeMatMul":
      return 2 * size(y) * x!.at(-1)!;
    case "MultiHeadAttention":
      return 4 * size(x!) * second!.at(-2)!;
    default:
      return 0;
  }
}

/** Values of a weight that onnxruntime packed when the session was built, and so does not list. */
function packedWeights({ operator, inputs, outputs }: ProfiledNode): number {
  if (!["Gemm", "MatMul", "FusedGemm", "FusedMatMul"].includes(operator)) {
    return 0;
  }
  const matrices = inputs.filter((shape) => shape.length > 1).length;
  return matrices > 1 ? 0 : inputs[0]!.at(-1)! * outputs[0]!.at(-1)!;
}
