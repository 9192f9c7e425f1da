import { assertEquals } from "@std/assert";
import type { Program } from "../../../../../lib/ops/executor.ts";
import { onnxExecutor } from "../../../../../lib/ops/onnx/executor.ts";
import { memoryWeights } from "../../memory_weights.ts";

/** `x · weightᵀ + bias`, with weights that lie in no file. */
const program: Program = {
  name: "linear",
  inputs: { x: { kind: "float", shape: ["batch", 3] } },
  outputs: { y: { kind: "float", shape: ["batch", 2] } },
  run: (ops, params, { x }) => ({
    y: ops.linear(x!, params.get("weight", [2, 3]), params.get("bias", [2])),
  }),
};

const weights = memoryWeights({
  weight: { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] },
  bias: { shape: [2], data: [0.5, -0.5] },
});

for (
  const [how, looseFrom] of [["in the graph", Infinity], [
    "through a file",
    0,
  ]] as const
) {
  Deno.test(`weights that lie in no file are used ${how}`, async () => {
    const executor = await onnxExecutor({ looseFrom });
    const runner = await executor.compile(program, weights);
    const x = { shape: [1, 3], data: Float32Array.of(1, 1, 2) };
    const { y } = await runner.run({ x });
    assertEquals([...y!.data], [9.5, 20.5]);
    await executor.dispose();
  });
}
