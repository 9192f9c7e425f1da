import { assert, assertEquals } from "@std/assert";
import { onnxExecutor } from "../../../../../lib/ops/onnx/executor.ts";
import { writeProgram } from "../../../../../lib/ops/onnx/program.ts";
import type { Program, WeightSource } from "../../../../../lib/ops/executor.ts";
import { openSafetensors } from "../../../../../lib/weights/safetensors/safetensors.ts";
import { writeSafetensors } from "../../../../../lib/weights/safetensors/write_safetensors.ts";
import { randomInputs } from "../../../../../bench/random_inputs.ts";

const width = 2048;

/** One layer whose weights take 16 MiB in float32, on pictures of so many tokens. */
function layerOn(tokens: number): Program {
  return {
    name: "layer",
    inputs: { x: { kind: "float", shape: ["batch", tokens, width] } },
    outputs: { y: { kind: "float", shape: ["batch", tokens, width] } },
    run: (ops, params, { x }) => ({
      y: ops.linear(
        x!,
        params.get("w", [width, width]),
        params.get("b", [width]),
      ),
    }),
  };
}

/** A gated layer, as a feed-forward has, whose halves are layers on rows of one weight. */
function gatedOn(tokens: number): Program {
  return {
    ...layerOn(tokens),
    outputs: { y: { kind: "float", shape: ["batch", tokens, width] } },
    run: (ops, params, { x }) => {
      const both = ops.linear(
        x!,
        params.get("gated.w", [2 * width, width]),
        params.get("gated.b", [2 * width]),
      );
      const [value, gate] = ops.splitWidth(both, 2);
      return { y: ops.mul(value!, ops.gelu(gate!)) };
    },
  };
}

/** Weights of both in a file, where each is a multiple of a power of two that half precision holds. */
async function withWeights(
  dtype: "F32" | "F16" | "BF16",
  use: (weights: WeightSource) => Promise<void>,
): Promise<void> {
  const path = await Deno.makeTempFile({ suffix: ".safetensors" });
  const values = (length: number) =>
    Float32Array.from({ length }, (_, i) => ((i * 37) % 101 - 50) / 64);
  try {
    const shapes = [
      ["w", [width, width]],
      ["b", [width]],
      ["gated.w", [2 * width, width]],
      ["gated.b", [2 * width]],
    ] as const;
    await writeSafetensors(
      path,
      new Map(shapes.map(([name, shape]) => [name, {
        ...{ shape, dtype },
        data: values(shape.reduce((a, b) => a * b, 1)),
      }])),
    );
    await use(await openSafetensors(path));
  } finally {
    await Deno.remove(path);
  }
}

async function compute(
  program: Program,
  weights: WeightSource,
): Promise<Float32Array> {
  const executor = await onnxExecutor({ largeFrom: 0 });
  const runner = await executor.compile(program, weights);
  const { y } = await runner.run(randomInputs(program, { batch: 2 }));
  await executor.dispose();
  return y!.data as Float32Array;
}

async function products(
  program: Program,
  weights: WeightSource,
  heldFrom: number,
): Promise<number> {
  const { graph } = await writeProgram(program, weights, { heldFrom });
  return graph.nodes.filter(({ type }) => type === "Gemm").length;
}

for (const dtype of ["F16", "BF16"] as const) {
  for (
    const [name, program, whole, cut] of [
      ["layer's", layerOn(8), 1, 4],
      ["gated layer's", gatedOn(8), 2, 8],
    ] as const
  ) {
    Deno.test(`a large ${name} weights in ${dtype} are widened in parts in each run, and compute the same`, async () => {
      let widened = new Float32Array();
      await withWeights("F32", async (weights) => {
        assertEquals(await products(program, weights, 0), whole);
        widened = await compute(program, weights) as Float32Array<ArrayBuffer>;
      });
      await withWeights(dtype, async (weights) => {
        assertEquals(await products(program, weights, 0), cut);
        const actual = await compute(program, weights);
        const largest = widened.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
        assert(largest > 0);
        for (const [i, value] of actual.entries()) {
          assert(Math.abs(value - widened[i]!) < 1e-5 * largest);
        }
      });
    });
  }
}

Deno.test("weights that are widened once, and layers of many tokens, keep one product", async () => {
  await withWeights("F16", async (weights) => {
    assertEquals(await products(layerOn(8), weights, Infinity), 1);
    assertEquals(await products(layerOn(width / 2 + 1), weights, 0), 1);
    assertEquals(await products(layerOn(width / 2), weights, 0), 4);
  });
});
