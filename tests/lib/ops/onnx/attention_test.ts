import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type AttentionForm,
  boundScores,
  queryTiles,
} from "../../../../lib/ops/onnx/attention.ts";
import type { Program } from "../../../../lib/ops/executor.ts";
import { importPackage } from "../../../../lib/core/packages/import_package.ts";
import { distance, runTest } from "../../../../lib/ops/gpu/test_runs.ts";
import { GraphBuilder } from "../../../../lib/ops/onnx/graph.ts";
import { onnxOps } from "../../../../lib/ops/onnx/ops.ts";
import { onnxExecutor } from "../../../../lib/ops/onnx/executor.ts";
import { randomInputs } from "../../../../bench/random_inputs.ts";
import { memoryWeights } from "../memory_weights.ts";

/** Attention of eight heads. */
function attention(
  { queries, keys, causal }: {
    queries: number | string;
    keys: number | string;
    causal?: boolean;
  },
): Program {
  const shape = (length: number | string) => ["batch", length, 64];
  return {
    name: "attention",
    inputs: {
      q: { kind: "float", shape: shape(queries) },
      k: { kind: "float", shape: shape(keys) },
      v: { kind: "float", shape: shape(keys) },
    },
    outputs: { y: { kind: "float", shape: shape(queries) } },
    run: (ops, _, { q, k, v }) => ({
      y: ops.attention(q!, k!, v!, { heads: 8, causal }),
    }),
  };
}

/** Attention whose scores are biased. */
const biased: Program = {
  ...attention({ queries: 9, keys: 7 }),
  inputs: {
    ...attention({ queries: 9, keys: 7 }).inputs,
    bias: { kind: "float", shape: [1, 9, 7] },
  },
  run: (ops, _, { q, k, v, bias }) => ({
    y: ops.attention(q!, k!, v!, { heads: 8, bias: bias! }),
  }),
};

async function compute(
  program: Program,
  form: AttentionForm,
  sizes: Record<string, number>,
): Promise<Float32Array> {
  const executor = await onnxExecutor({ attention: form, threads: 1 });
  const runner = await executor.compile(program, memoryWeights());
  const { y } = await runner.run(randomInputs(program, sizes));
  await executor.dispose();
  return y!.data as Float32Array;
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  assertEquals(a.length, b.length);
  return a.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - b[i]!)),
    0,
  );
}

for (const causal of [false, true]) {
  const kind = causal ? "causal" : "free";
  Deno.test(`${kind} attention in plain operators is the fused one, of any length`, async () => {
    const named = causal ? "tokens" : "queries";
    const program = attention({
      ...{ queries: named, keys: causal ? named : "keys", causal },
    });
    const sizes = { batch: 2, tokens: 33, queries: 33, keys: 77 };
    const plain = await compute(program, "plain", sizes);
    const fused = await compute(program, "fused", sizes);
    assert(largestDifference(plain, fused) < 1e-5);
  });
}

Deno.test("attention with a bias in plain operators is the fused one", async () => {
  const plain = await compute(biased, "tiled", { batch: 2 });
  const fused = await compute(biased, "fused", { batch: 2 });
  assert(largestDifference(plain, fused) < 1e-5);
});

/** Attention whose keys are the result of a layer, as those of a picture are. */
function keysOfLayer(form: AttentionForm) {
  const graph = new GraphBuilder();
  const ops = onnxOps(graph, { attention: form });
  const [x, weight, bias] = [[2, 9, 32], [32, 32], [32]].map((shape, i) => ({
    ...{ name: `x${i}`, shape },
  }));
  const keys = ops.linear(x!, weight!, bias!);
  const y = ops.attention(x!, keys, x!, { heads: 4 });
  return { graph, inputs: [x!, weight!, bias!], outputs: [y] };
}

Deno.test("a layer that makes keys has their factor in its product, its bias too", async () => {
  const ort = await importPackage("onnxruntime");
  const plain = keysOfLayer("plain");
  const types = plain.graph.nodes.map(({ type }) => type);
  assertEquals(types.includes("Mul"), false);
  const factor = { float: 1 / Math.sqrt(8) };
  assertEquals(
    plain.graph.nodes.flatMap(({ attributes }) =>
      attributes.alpha ? [attributes.alpha, attributes.beta] : []
    ),
    [factor, factor],
  );
  const expected = await runTest(ort, "cpu", keysOfLayer("fused"));
  assert(distance(expected, await runTest(ort, "cpu", plain)) < 1e-5);
});

Deno.test("attention whose queries are cut is the fused one", async () => {
  const program = attention({ queries: 4500, keys: 2100 });
  const lengths = { heads: 8, queries: 4500, keys: 2100 };
  assert(queryTiles(lengths, boundScores).length > 1);
  const tiled = await compute(program, "tiled", { batch: 1 });
  const fused = await compute(program, "fused", { batch: 1 });
  assert(largestDifference(tiled, fused) < 1e-5);
});

Deno.test("tiles hold every query once, and no tile's scores are larger than a device must bind", () => {
  const size = fc.integer({ min: 1, max: 20_000 });
  const heads = fc.integer({ min: 1, max: 40 });
  fc.assert(fc.property(heads, size, size, (heads, queries, keys) => {
    const tiles = queryTiles({ heads, queries, keys }, boundScores);
    assertEquals(tiles.reduce((a, b) => a + b), queries);
    for (const tile of tiles) {
      assert(tile > 0);
      assert(tile === 1 || 8 * heads * tile * keys <= boundScores);
    }
  }));
});

/** How many parts the queries of a picture's attention are cut into. */
function partsOf(form: AttentionForm, side: number): number {
  const graph = new GraphBuilder();
  const x = { name: "x", shape: ["batch", side ** 2, 320] };
  onnxOps(graph, { attention: form }).attention(x, x, x, { heads: 8 });
  return graph.nodes.filter(({ type }) => type === "Softmax").length;
}

Deno.test("plain attention is whole as far as a device was tested, and cut beyond", () => {
  assertEquals(partsOf("plain", 64), 1); // 512 × 512 pixels, 1.1 GB of scores
  assertEquals(partsOf("plain", 96), 4); // 768 × 768 pixels, 5.4 GB
  assertEquals(partsOf("tiled", 64), 8);
  assertEquals(partsOf("fused", 96), 0);
});
