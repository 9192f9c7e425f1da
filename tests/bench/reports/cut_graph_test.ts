import { assertEquals } from "@std/assert";
import { cutGraph, earlyOutputs } from "../../../bench/reports/cut_graph.ts";
import type { OnnxGraph, OnnxNode } from "../../../lib/ops/onnx/proto.ts";

function node(output: string, ...inputs: string[]): OnnxNode {
  return {
    ...{ type: "Add", domain: "", attributes: {} },
    ...{ inputs, outputs: [output] },
  };
}

function info(name: string, size = 1) {
  return { name, type: "F32" as const, shape: [size] };
}

/** Two layers forward and back: `gradient/b` is that of the second, which comes first. */
const graph: OnnxGraph = {
  name: "two layers",
  nodes: [
    node("hidden", "x", "weight/a"),
    node("loss", "hidden", "weight/b"),
    node("slope", "loss", "weight/b"),
    node("gradient/b", "slope", "hidden"),
    node("inner", "slope", "hidden"),
    node("gradient/a", "inner", "x"),
  ],
  initializers: [],
  inputs: ["x", "weight/a", "weight/b"].map((name) => info(name)),
  outputs: [info("loss"), info("gradient/a", 3), info("gradient/b", 5)],
};

Deno.test("the first part has the gradients of the last layers, until they make up the share", () => {
  assertEquals(earlyOutputs(graph, 0.5), new Set(["loss", "gradient/b"]));
  assertEquals(earlyOutputs(graph, 0.7).size, 3);
});

Deno.test("each node runs in one of both parts, and the second reads what the first hands over", () => {
  const { first, second } = cutGraph(graph, new Set(["loss", "gradient/b"]));
  assertEquals(first.nodes, graph.nodes.slice(0, 4));
  assertEquals(first.watched, ["hidden", "slope"]);
  const rest = second((name) => name === "hidden" ? [7] : [9]);
  assertEquals(rest.nodes, graph.nodes.slice(4));
  assertEquals(rest.inputs, [info("x"), info("hidden", 7), info("slope", 9)]);
  assertEquals(rest.outputs, [info("gradient/a", 3)]);
});

Deno.test("an early output that the second part reads is handed over once", () => {
  const { first, second } = cutGraph(graph, new Set(["loss"]));
  assertEquals(first.watched, ["hidden"]);
  assertEquals(
    second(() => [1]).inputs.map(({ name }) => name),
    ["x", "weight/b", "hidden", "loss"],
  );
});
