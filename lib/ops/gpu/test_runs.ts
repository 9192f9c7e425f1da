import type * as onnxruntime from "onnxruntime-node";
import { sizeOf } from "../../core/tensor.ts";
import { deviceSettings, quietly, type TestedDevice } from "../onnx/devices.ts";
import type { OnnxValue } from "../onnx/graph.ts";
import { encodeOnnx } from "../onnx/proto.ts";
import type { TestGraph } from "./test_graphs.ts";

type Ort = typeof onnxruntime;

/** Milliseconds that no GPU takes for the first products. */
export const softwareFrom = 20;

/** The results of one run. */
export async function runTest(
  ort: Ort,
  device: TestedDevice | "cpu",
  graph: TestGraph,
): Promise<Float32Array[]> {
  return (await timedTest(ort, device, graph, 1)).results;
}

/** The results, and the fastest of several runs, whose first compiles. */
export async function timedTest(
  ort: Ort,
  device: TestedDevice | "cpu",
  { graph, inputs, outputs }: TestGraph,
  runs = 3,
): Promise<{ results: Float32Array[]; ms: number }> {
  const info = ({ name, shape }: OnnxValue) => ({ name, shape });
  const bytes = await encodeOnnx({
    name: "self_test",
    nodes: graph.nodes,
    initializers: graph.initializers,
    inputs: inputs.map((one) => ({ ...info(one), type: "F32" })),
    outputs: outputs.map((one) => ({ ...info(one), type: "F32" })),
  });
  const session = await quietly(
    ort,
    () => ort.InferenceSession.create(bytes, deviceSettings(device)),
  );
  const values = testValues({ inputs });
  const feeds = Object.fromEntries(inputs.map(({ name, shape }, i) => {
    const tensor = new ort.Tensor("float32", values[i]!, shape as number[]);
    return [name, tensor];
  }));
  let results: Float32Array[] = [], ms = Infinity;
  try {
    for (let i = 0; i < runs; i++) {
      const began = performance.now();
      const out = await session.run(feeds);
      const took = performance.now() - began;
      if (i > 0 || runs === 1) ms = Math.min(ms, took);
      results = outputs.map(({ name }) => out[name]!.data as Float32Array);
      if (i > 0 && ms > 2 * softwareFrom) break; // slow whatever else is measured
    }
  } finally {
    await session.release();
  }
  return { results, ms };
}

/** The values of a graph's inputs, the same on every device. */
export function testValues(
  { inputs }: Pick<TestGraph, "inputs">,
): Float32Array[] {
  return inputs.map(({ shape }, i) =>
    numbers(sizeOf(shape as number[]), i + 1)
  );
}

/** Numbers from −1 to 1 that depend on `seed` only. */
function numbers(length: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** The largest of the lists' errors, each relative to its largest expected value. */
export function distance(
  expected: readonly Float32Array[],
  actual: readonly Float32Array[],
): number {
  let worst = 0;
  for (const [i, list] of expected.entries()) {
    let most = 0, largest = 0;
    for (const [j, value] of list.entries()) {
      largest = Math.max(largest, Math.abs(value));
      const error = Math.abs(value - actual[i]![j]!);
      if (Number.isNaN(error)) return Infinity;
      most = Math.max(most, error);
    }
    worst = Math.max(worst, most / largest);
  }
  return worst;
}

/** How wrong a part is, as a clause. */
export function wrong(part: string, error: number): string {
  return `${part} is wrong by ${error.toExponential(1)}`;
}
