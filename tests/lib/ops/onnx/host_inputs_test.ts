import { assert, assertEquals } from "@std/assert";
import type * as onnxruntime from "onnxruntime-node";
import { importPackage } from "../../../../lib/core/packages/import_package.ts";
import { zeros } from "../../../../lib/core/tensor.ts";
import {
  HostInputs,
  inputTypes,
} from "../../../../lib/ops/onnx/host_inputs.ts";
import { encodeOnnx, type OnnxType } from "../../../../lib/ops/onnx/proto.ts";

/** A session that gives its input back as float32. */
async function widening(ort: typeof onnxruntime, type: OnnxType) {
  const graph = await encodeOnnx({
    name: "widening",
    nodes: [{
      ...{ type: "Cast", domain: "", inputs: ["x"], outputs: ["y"] },
      attributes: { to: { int: 1 } },
    }],
    initializers: [],
    inputs: [{ name: "x", type, shape: ["n"] }],
    outputs: [{ name: "y", type: "F32", shape: ["n"] }],
  });
  return await ort.InferenceSession.create(graph);
}

Deno.test("a graph takes inputs in its own types, rounded where those are halves", async () => {
  const ort = await importPackage("onnxruntime");
  const inputs = new HostInputs(ort);
  const data = Float32Array.of(1, 1 / 3, -65504, 1e6);
  const ids = { shape: [2], data: Int32Array.of(7, -1) };
  const half = [1, 0.333251953125, -65504, Infinity];
  const cases = [
    ["F32", { shape: [4], data }, [...data]],
    ["F16", { shape: [4], data }, half],
    ["I32", ids, [7, -1]],
  ] as const;
  for (const [type, input, expected] of cases) {
    const session = await widening(ort, type);
    const x = inputs.tensor(input, inputTypes(session).get("x")!);
    const { y } = await session.run({ x });
    assertEquals([...y!.data as Float32Array], expected);
    await session.release();
  }
});

Deno.test("a large input that comes again is rounded once", async () => {
  const inputs = new HostInputs(await importPackage("onnxruntime"));
  const mask = zeros([32, 32]), few = zeros([3]);
  assert(inputs.tensor(mask, "float16") === inputs.tensor(mask, "float16"));
  assert(inputs.tensor(few, "float16") !== inputs.tensor(few, "float16"));
});
