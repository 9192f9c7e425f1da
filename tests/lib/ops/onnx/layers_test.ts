import { assertEquals } from "@std/assert";
import { GraphBuilder } from "../../../../lib/ops/onnx/graph.ts";
import { conv2d, linear, scaled } from "../../../../lib/ops/onnx/layers.ts";

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

Deno.test("a layer that is scaled again has the product of both factors", () => {
  const graph = new GraphBuilder();
  const x = { name: "x", shape: ["batch", 9, 32] };
  const weight = { name: "w", shape: [16, 32] };
  const bias = { name: "b", shape: [16] };
  const once = scaled(graph, linear(graph, x, weight, bias), 3);
  const { layer } = scaled(graph, once, 0.5);
  assertEquals(layer?.factor, 1.5);
  const factors = graph.nodes.filter(({ type }) => type === "Gemm")
    .map(({ attributes }) => attributes.alpha);
  assertEquals(factors, [undefined, { float: 3 }, { float: 1.5 }]);
});
