import { assertEquals } from "@std/assert";
import { optimizationLevel } from "../../../../lib/ops/onnx/optimization_level.ts";

const graphWith = (...lengths: number[]) => ({
  name: "graph",
  nodes: [],
  inputs: [],
  outputs: [],
  initializers: lengths.map((length, i) => ({
    name: `weight${i}`,
    type: "F32" as const,
    shape: [length / 4],
    external: { file: "weights.safetensors", offset: 0, length },
  })),
});

Deno.test("small weights are laid out anew for the convolutions", () => {
  assertEquals(optimizationLevel(graphWith()), "all");
  assertEquals(optimizationLevel(graphWith(2 ** 29, 2 ** 29)), "all");
});

Deno.test("more than a gigabyte of weights stays where it lies", () => {
  assertEquals(optimizationLevel(graphWith(2 ** 29, 2 ** 29, 4)), "extended");
});
