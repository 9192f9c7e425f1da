import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { LocRefError } from "../../../../lib/core/error.ts";
import { openStableDiffusion } from "../../../../tools/open_stable_diffusion.ts";
import { unetProgram } from "../../../../lib/bases/sd/unet_program.ts";
import { vaeDecoderProgram } from "../../../../lib/encoders/vae_decoder.ts";
import { onnxExecutor } from "../../../../lib/ops/onnx/executor.ts";
import { writeProgram } from "../../../../lib/ops/onnx/program.ts";
import { openExecutor } from "../../../../lib/ops/open_executor.ts";
import type {
  Precision,
  Program,
  WeightSource,
} from "../../../../lib/ops/executor.ts";
import { openSafetensors } from "../../../../lib/weights/safetensors/safetensors.ts";
import { writeSafetensors } from "../../../../lib/weights/safetensors/write_safetensors.ts";
import { randomInputs } from "../../../../bench/random_inputs.ts";
import { memoryWeights } from "../memory_weights.ts";

const pocket = fromFileUrl(
  new URL("../../../../models/pocket", import.meta.url),
);
const halves = fromFileUrl(
  new URL("../../../goldens/sd-tiny", import.meta.url),
);
const size = { height: 8, width: 8 };

async function compute(
  program: Program,
  weights: WeightSource,
  options: { precision?: Precision; looseFrom?: number; largeFrom?: number },
): Promise<Float32Array> {
  const executor = await onnxExecutor(options);
  const runner = await executor.compile(program, weights);
  const sizes = { batch: 2, text_tokens: 7 };
  const results = await runner.run(randomInputs(program, sizes));
  await executor.dispose();
  return Object.values(results)[0]!.data as Float32Array;
}

function relativeError(actual: Float32Array, expected: Float32Array): number {
  const largest = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  return actual.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - expected[i]!)),
    0,
  ) / largest;
}

Deno.test("a UNet in half precision predicts what it does in float32, to about three digits", async () => {
  const { unet } = await openStableDiffusion(pocket);
  const program = unetProgram(unet.config, { size });
  const float = await compute(program, unet.weights, { precision: "float32" });
  const half = await compute(program, unet.weights, { precision: "float16" });
  const error = relativeError(half, float);
  assert(error > 0 && error < 1e-2, `Relative error ${error}`);
});

Deno.test("the VAE's decoder keeps float32, unless its config says that half is enough", async () => {
  const { vae } = await openStableDiffusion(pocket);
  const types = async (config: typeof vae.config) => {
    const program = vaeDecoderProgram(config, size);
    const { graph } = await writeProgram(program, vae.weights, {
      precision: "float16",
    });
    const constants = graph.initializers.filter(({ name, type }) =>
      name.startsWith("constant") && type !== "I64"
    );
    return [...new Set(constants.map(({ type }) => type))];
  };
  assertEquals(await types(vae.config), ["F32"]);
  assertEquals(await types({ ...vae.config, force_upcast: false }), ["F16"]);
});

/** One product with a weight. */
const product: Program = {
  name: "product",
  inputs: { x: { kind: "float", shape: ["batch", 3] } },
  outputs: { y: { kind: "float", shape: ["batch", 2] } },
  run: (ops, params, { x }) => ({ y: ops.linear(x!, params.get("w", [2, 3])) }),
};
const weight = { shape: [2, 3], data: Float32Array.of(1, 2, 3, -1, 0.5, 0.25) };

Deno.test("weights of half precision are used as they lie in their file", async () => {
  const path = await Deno.makeTempFile({ suffix: ".safetensors" });
  try {
    await writeSafetensors(
      path,
      new Map([["w", { ...weight, dtype: "F16" as const }]]),
    );
    const weights = await openSafetensors(path);
    const { graph } = await writeProgram(product, weights, {
      precision: "float16",
    });
    const { initializers, nodes } = graph;
    assertEquals(initializers.map(({ name, type }) => [name, type]), [
      ["w", "F16"],
    ]);
    assertEquals(graph.inputs.map(({ name, type }) => [name, type]), [[
      "x",
      "F16",
    ]]);
    assertEquals(nodes.filter(({ type }) => type === "Cast").length, 1);
    const half = await compute(product, weights, { precision: "float16" });
    const float = await compute(product, weights, { precision: "float32" });
    assert(relativeError(half, float) < 1e-3);
  } finally {
    await Deno.remove(path);
  }
});

for (const dtype of ["F16", "BF16"] as const) {
  Deno.test(`weights stored as ${dtype} stay so where they take much memory, and compute the same`, async () => {
    const path = await Deno.makeTempFile({ suffix: ".safetensors" });
    try {
      await writeSafetensors(path, new Map([["w", { ...weight, dtype }]]));
      const weights = await openSafetensors(path);
      const initialized = async (heldFrom: number) => {
        const { graph } = await writeProgram(product, weights, { heldFrom });
        return graph.inputs.map(({ name, type }) => `${name} ${type}`);
      };
      // a constant would be widened once, an input with a value of its own is not
      assertEquals(await initialized(23), ["x F32", `w.${dtype} ${dtype}`]);
      assertEquals(await initialized(24), ["x F32"]);
      assertEquals(
        await compute(product, weights, { largeFrom: 0 }),
        await compute(product, memoryWeights({ w: weight }), {}),
      );
    } finally {
      await Deno.remove(path);
    }
  });
}

Deno.test("large weights of half precision make the same numbers as the same weights widened on disk", async () => {
  const { unet } = await openStableDiffusion(halves);
  const path = await Deno.makeTempFile({ suffix: ".safetensors" });
  try {
    const { weights } = unet;
    await writeSafetensors(
      path,
      new Map(
        weights.names().map((name) => [name, {
          shape: weights.info(name)!.shape,
          data: () => weights.read(name),
        }]),
      ),
    );
    const program = unetProgram(unet.config, { size });
    const run = (weights: WeightSource) =>
      compute(program, weights, { largeFrom: 0 });
    const widened = await run(await openSafetensors(path));
    assertEquals(weights.info("conv_in.weight")!.dtype, "F16");
    assert(relativeError(await run(weights), widened) < 1e-5);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("weights that lie in no file are rounded, in the graph or in a file beside it", async () => {
  const weights = memoryWeights({ w: weight });
  const float = await compute(product, weights, { precision: "float32" });
  for (const looseFrom of [1, Infinity]) {
    const half = await compute(product, weights, {
      ...{ precision: "float16", looseFrom } as const,
    });
    assert(relativeError(half, float) < 1e-3);
  }
});

for (const name of ["onnx", "wasm"] as const) {
  Deno.test(`half precision on ${name} is refused by name`, async () => {
    const error = await assertRejects(
      () => openExecutor(name, { precision: "float16" }),
      LocRefError,
      `Backend "${name}" can compute in float32 only: use onnx-cuda, onnx-webgpu`,
    );
    assertEquals(error.code, "backend-missing");
  });
}

/** A layer whose result is cut in two, as a gated feed-forward's is. */
const gated: Program = {
  name: "gated",
  inputs: { x: { kind: "float", shape: ["batch", 2, 3] } },
  outputs: { y: { kind: "float", shape: ["batch", 2, 2] } },
  run(ops, params, { x }) {
    const wide = ops.linear(x!, params.get("w", [4, 3]), params.get("b", [4]));
    const [value, gate] = ops.splitWidth(wide, 2);
    return { y: ops.mul(value!, ops.gelu(gate!)) };
  },
};
const gatedWeights = {
  w: {
    shape: [4, 3],
    data: Float32Array.from({ length: 12 }, (_, i) => i - 5),
  },
  b: { shape: [4], data: Float32Array.of(1, -1, 0.5, 2) },
};

for (const dtype of ["F32", "F16"] as const) {
  Deno.test(`a layer's result is not cut: its ${dtype} weights are, where they lie in their file`, async () => {
    const path = await Deno.makeTempFile({ suffix: ".safetensors" });
    try {
      const tensors = Object.entries(gatedWeights).map(([name, tensor]) =>
        [name, { ...tensor, dtype }] as const
      );
      await writeSafetensors(path, new Map(tensors));
      const weights = await openSafetensors(path);
      const { graph } = await writeProgram(gated, weights);
      const { external } = graph.initializers.find(({ name }) =>
        name.startsWith("w.rows_2_of_2")
      )!;
      const whole = weights.info("w")!;
      assertEquals(external!.offset, whole.offset + whole.length / 2);
      assertEquals(external!.length, whole.length / 2);
      assertEquals(graph.nodes.filter(({ type }) => type === "Split"), []);
      assertEquals(
        graph.nodes.filter(({ type }) => type === "Gemm").length,
        2,
      );
      const bytes = graph.initializers.reduce(
        (sum, { external }) => sum + (external?.length ?? 0),
        0,
      );
      assertEquals(bytes, whole.length + weights.info("b")!.length);
      const cut = await compute(gated, weights, {});
      const copied = await compute(gated, memoryWeights(gatedWeights), {});
      assert(relativeError(cut, copied) < 1e-6);
    } finally {
      await Deno.remove(path);
    }
  });
}
