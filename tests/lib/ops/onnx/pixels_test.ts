import { assert, assertEquals } from "@std/assert";
import { importPackage } from "../../../../lib/core/packages/import_package.ts";
import { distance, runTest } from "../../../../lib/ops/gpu/test_runs.ts";
import { GraphBuilder } from "../../../../lib/ops/onnx/graph.ts";
import { onnxOps } from "../../../../lib/ops/onnx/ops.ts";
import type { Conv2dOptions } from "../../../../lib/ops/ops.ts";

/** Convolutions before tokens and behind them, with a residue between as transformers have. */
function besideTokens(
  pixelLayers: boolean,
  { kernel = 1, ...options }: Conv2dOptions & { kernel?: number } = {},
) {
  const graph = new GraphBuilder();
  const ops = onnxOps(graph, { pixelLayers });
  const value = (name: string, ...shape: number[]) => ({ name, shape });
  const x = value("x", 2, 8, 4, 6);
  const [weight, back] = ["w", "b"].map((name) =>
    value(name, 8, 8, kernel, kernel)
  );
  const bias = value("c", 8);
  const image = ops.conv2d(x, weight!, bias, options);
  const tokens = ops.tokens(image);
  const more = ops.add(tokens, ops.silu(tokens));
  const y = ops.conv2d(
    ops.image(more, ops.sizeOf(image)),
    back!,
    undefined,
    options,
  );
  return { graph, inputs: [x, weight!, back!, bias], outputs: [y] };
}

/** Types of the nodes that a graph's result depends on. */
function living({ graph, outputs }: ReturnType<typeof besideTokens>) {
  const used = new Set(outputs.map(({ name }) => name));
  return graph.nodes.toReversed().filter(({ inputs, outputs }) => {
    const lives = outputs.some((name) => used.has(name));
    if (lives) { for (const name of inputs) used.add(name); }
    return lives;
  }).map(({ type }) => type);
}

Deno.test("convolutions of single pixels beside tokens are products of tokens, of the same values", async () => {
  const ort = await importPackage("onnxruntime");
  const count = (types: string[], one: string) =>
    types.filter((type) => type === one).length;
  const images = besideTokens(false), products = besideTokens(true);
  for (const [type, many] of [["Conv", 2], ["Gemm", 0]] as const) {
    assertEquals(count(living(images), type), many);
    assertEquals(count(living(products), type), 2 - many);
  }
  assertEquals(count(living(products), "Transpose"), 2);
  const expected = await runTest(ort, "cpu", images);
  assert(distance(expected, await runTest(ort, "cpu", products)) < 1e-6);
});

Deno.test("other convolutions beside tokens stay convolutions", () => {
  const others = [{ kernel: 3, padding: 1 }, { stride: 2 }, { padding: 1 }];
  for (const options of others) {
    const types = living(besideTokens(true, options));
    assertEquals(types.filter((type) => type === "Conv").length, 2);
    assertEquals(types.includes("Gemm"), false);
  }
});
