import type * as onnxruntime from "onnxruntime-node";
import type { Factors } from "../factors.ts";
import { encodeOnnx } from "./proto.ts";

/** Adds `up · down` to `x`. */
export type Matmul = (x: Float32Array, factors: Factors) => Promise<void>;

/** Makes the product as a session of one node. */
export async function matrixProduct(
  ort: typeof onnxruntime,
): Promise<Matmul> {
  const value = (name: string, shape: readonly string[]) => ({
    name,
    type: "F32" as const,
    shape,
  });
  const graph = await encodeOnnx({
    name: "matrix_product",
    nodes: [{
      type: "Gemm",
      domain: "",
      inputs: ["up", "down", "x"],
      outputs: ["sum"],
      attributes: {},
    }],
    initializers: [],
    inputs: [
      value("up", ["rows", "rank"]),
      value("down", ["rank", "columns"]),
      value("x", ["rows", "columns"]),
    ],
    outputs: [value("sum", ["rows", "columns"])],
  });
  const session = await ort.InferenceSession.create(graph, {
    enableMemPattern: false,
    enableCpuMemArena: false, // sums of every size would stay in it
    intraOpNumThreads: 1, // files are read and written meanwhile
    logSeverityLevel: 3,
  });
  let scratch = new Float32Array();
  return async (x, { up, down, rows, rank, columns }) => {
    const tensor = (data: Float32Array, shape: number[]) =>
      new ort.Tensor("float32", data, shape);
    if (scratch.length < x.length) scratch = new Float32Array(x.length);
    const sum = scratch.subarray(0, x.length);
    await session.run({
      up: tensor(up, [rows, rank]),
      down: tensor(down, [rank, columns]),
      x: tensor(x, [rows, columns]),
    }, { sum: tensor(sum, [rows, columns]) });
    x.set(sum);
  };
}
