import { assertEquals } from "@std/assert";
import { GraphBuilder } from "../../../../lib/ops/onnx/graph.ts";
import { namedNodes } from "../../../../lib/ops/onnx/named_nodes.ts";

const x = { name: "x", shape: [2] };

Deno.test("only nodes on which an output depends are kept, in their order", () => {
  const graph = new GraphBuilder();
  const first = graph.node("Exp", [x], [2]);
  graph.node("Log", [first], [2]);
  const last = graph.node("Neg", [first], [2]);
  const nodes = namedNodes(graph.nodes, [["y", last]]);
  assertEquals(nodes.map(({ type }) => type), ["Exp", "Neg"]);
  assertEquals(nodes.at(-1)!.outputs, ["y"]);
});

Deno.test("a value that others read gets its output's name there too", () => {
  const graph = new GraphBuilder();
  const first = graph.node("Exp", [x], [2]);
  const last = graph.node("Neg", [first], [2]);
  const nodes = namedNodes(graph.nodes, [["a", first], ["b", last]]);
  assertEquals(nodes.map(({ inputs, outputs }) => [inputs, outputs]), [
    [["x"], ["a"]],
    [["a"], ["b"]],
  ]);
});

Deno.test("an input, or a value for two outputs, is copied", () => {
  const graph = new GraphBuilder();
  const y = graph.node("Exp", [x], [2]);
  const nodes = namedNodes(graph.nodes, [["a", y], ["b", y], ["c", x]]);
  assertEquals(
    nodes.map(({ type, inputs, outputs }) => [type, inputs, outputs]),
    [
      ["Exp", ["x"], ["a"]],
      ["Identity", ["a"], ["b"]],
      ["Identity", ["x"], ["c"]],
    ],
  );
});
