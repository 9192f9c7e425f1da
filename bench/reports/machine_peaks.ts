import type { Program, WeightSource } from "../../lib/ops/executor.ts";
import { profile } from "./profile.ts";
import { workOf } from "./node_work.ts";

/** What the machine can do at most, as measured through onnxruntime. */
export interface MachinePeaks {
  /** Floating point operations a second, in the product of two matrices of 2048 × 2048. */
  readonly flops: number;
  /** Bytes a second read and written, in the sum of two vectors of 128 MB. */
  readonly bandwidth: number;
}

const product: Program = {
  name: "product",
  inputs: {
    x: { kind: "float", shape: [2048, 2048] },
    y: { kind: "float", shape: [2048, 2048] },
  },
  outputs: { z: { kind: "float", shape: [2048, 2048] } },
  run: (ops, _, { x, y }) => ({ z: ops.linear(x!, y!) }),
};

const length = 2 ** 25;

const sum: Program = {
  name: "sum",
  inputs: {
    x: { kind: "float", shape: [1, length] },
    y: { kind: "float", shape: [1, length] },
  },
  outputs: { z: { kind: "float", shape: [1, length] } },
  run: (ops, _, { x, y }) => ({ z: ops.add(x!, y!) }),
};

const nothing: WeightSource = {
  names: () => [],
  info: () => undefined,
  read: (name) => Promise.reject(new RangeError(`There is no weight ${name}`)),
};

/** Measures the two bounds that every operation meets: arithmetic and memory. */
export async function machinePeaks(threads: number): Promise<MachinePeaks> {
  const work = async (program: Program, operator: string) => {
    const nodes = await profile(
      { program, weights: nothing, dims: {} },
      { threads, runs: 10 },
    );
    const node = nodes.find((one) => one.operator === operator)!;
    return { ...workOf(node), seconds: node.fastest };
  };
  const { flops, seconds } = await work(product, "Gemm");
  const moved = await work(sum, "Add");
  return {
    flops: flops / seconds,
    bandwidth: moved.bytes / moved.seconds,
  };
}
