import { assertEquals } from "@std/assert";
import { GraphBuilder } from "../../../../lib/ops/onnx/graph.ts";
import { conv2d } from "../../../../lib/ops/onnx/layers.ts";
import { onnxOps } from "../../../../lib/ops/onnx/ops.ts";

/** Shapes that a convolution of so many channels reads, with channels filled up or not. */
function readBy(channels: number, fours: boolean) {
  const graph = new GraphBuilder();
  const x = { name: "x", shape: ["batch", channels, 8, 8] };
  const weight = { name: "w", shape: [16, channels, 3, 3] };
  const { shape } = conv2d(graph, { x, weight, bias: undefined }, {
    ...{ padding: 1, winogradFrom: Infinity, fours },
  });
  assertEquals(shape, ["batch", 16, 8, 8]);
  return graph.nodes.map(({ type }) => type);
}

Deno.test("channels of a convolution are filled up to fours where the device needs it, but for three", () => {
  assertEquals(readBy(9, true), ["Pad", "Pad", "Conv"]);
  assertEquals(readBy(5, true), ["Pad", "Pad", "Conv"]);
  for (const channels of [3, 4, 320]) {
    assertEquals(readBy(channels, true), ["Conv"]);
  }
  assertEquals(readBy(9, false), ["Conv"]);
});

/** Operators of both norms, with the means taken off before or not. */
function norms(centred: boolean) {
  const graph = new GraphBuilder();
  const ops = onnxOps(graph, { centred });
  const value = (name: string, ...shape: number[]) => ({ name, shape });
  const [weight, bias] = [value("w", 32), value("b", 32)];
  const picture = ops.groupNorm(value("x", 1, 32, 4, 4), weight, bias, {
    ...{ groups: 8, eps: 1e-5 },
  });
  const tokens = ops.layerNorm(value("t", 1, 7, 32), weight, bias, 1e-5);
  assertEquals([picture.shape, tokens.shape], [[1, 32, 4, 4], [1, 7, 32]]);
  return graph.nodes.map(({ type }) => type).filter((type) =>
    /Mean|Sub|Norm/.test(type)
  );
}

Deno.test("means are taken off before norms where the device loses digits of values far from zero", () => {
  const [group, layer] = ["InstanceNormalization", "LayerNormalization"];
  assertEquals(norms(false), [group, layer]);
  const mean = ["ReduceMean", "Sub"];
  assertEquals(norms(true), [...mean, group, ...mean, layer]);
});
