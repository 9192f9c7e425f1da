import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { writeGraphs } from "../../../lib/export/export_graphs.ts";
import type { Tensor } from "../../../lib/core/tensor.ts";
import type { Values } from "../../../lib/ops/executor.ts";
import { onnxExecutor } from "../../../lib/ops/onnx/executor.ts";
import { randomInputs } from "../../../bench/random_inputs.ts";
import { loadedModel, LocRef } from "../../../lib/model/locref.ts";
import { importPackage } from "../../../lib/core/packages/import_package.ts";
import { values, writeTensors } from "../weights/lora/tiny_base.ts";
import { inTempDir } from "../weights/temp_dir.ts";

Deno.test("weights with a LoRA get a file beside their graph, which a runtime loads", async () => {
  await inTempDir(async (dir) => {
    const layer = "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k";
    await using plain = await LocRef.load("pocket", { backend: "onnx" });
    const unet = loadedModel(plain).parts.base.parts.find(({ name }) =>
      name === "unet"
    )!;
    const [rows, columns] = unet.weights.info(`${layer}.weight`)!.shape;
    const path = await writeTensors(join(dir, "l.safetensors"), {
      [`unet.${layer}.lora_A.weight`]: [[1, columns!], values(columns!, 1)],
      [`unet.${layer}.lora_B.weight`]: [[rows!, 1], values(rows!, 2)],
    });
    await using model = await LocRef.load("pocket", {
      backend: "onnx",
      loras: [{ path }],
    });
    const folder = join(dir, "export");
    await Deno.mkdir(folder);
    const { graphs, weights } = await writeGraphs(
      loadedModel(model).parts,
      folder,
      {
        size: { height: 8, width: 8 },
        captions: false,
        looseFrom: 0,
      },
    );
    const { data, file } = graphs.text_key_value!;
    assert(data.includes("text_key_value_weights.bin"), data.join());
    assertEquals(
      (await Deno.stat(join(folder, "text_key_value_weights.bin"))).size,
      4 * rows! * columns!,
    );
    assertEquals(weights["text_key_value_weights.bin"]!.length, 64);
    const ort = await importPackage("onnxruntime");
    const session = await ort.InferenceSession.create(join(folder, file));
    await session.release();
  });
});

Deno.test("every graph of SDXL, with its weights beside it, runs on plain onnxruntime to the same numbers", async () => {
  await inTempDir(async (dir) => {
    const folder = new URL("../../goldens/sdxl-tiny", import.meta.url).pathname;
    await using model = await LocRef.load(folder, { backend: "onnx" });
    const { parts } = loadedModel(model);
    const size = { height: 8, width: 8 };
    const { graphs } = await writeGraphs(parts, dir, { size, captions: false });
    const names = Object.keys(graphs);
    for (const name of ["text_encoder", "text_encoder_2", "vae_decoder"]) {
      assert(names.includes(name), names.join());
    }
    const executor = await onnxExecutor();
    for (
      const { name, program: make, weights } of parts.base.programs({ size })
    ) {
      if (!names.includes(name)) continue;
      const { file, data } = graphs[name]!;
      assert(data.length > 0, `${name} holds its weights`);
      const program = make();
      const dims = { batch: 1, text_tokens: 77, tokens: 77 };
      const inputs = randomInputs(program, dims);
      const plain = await runPlain(join(dir, file), inputs);
      const runner = await executor.compile(program, weights);
      for (const [output, own] of Object.entries(await runner.run(inputs))) {
        const largest = Math.max(...own.data.map(Math.abs));
        assert(largest > 0.001, `${name} ${output}`);
        const worst = Math.max(
          ...own.data.map((value, i) => Math.abs(value - plain[output]![i]!)),
        );
        assert(worst < 1e-4 * largest, `${name} ${output}: ${worst}`);
      }
    }
    await executor.dispose();
  });
});

/** Outputs of a graph's file in onnxruntime alone. */
async function runPlain(
  path: string,
  inputs: Values<Tensor>,
): Promise<Record<string, Float32Array>> {
  const ort = await importPackage("onnxruntime");
  const session = await ort.InferenceSession.create(path);
  const feeds = Object.fromEntries(session.inputNames.map((name) => {
    const { data, shape } = inputs[name]!;
    const type = data instanceof Int32Array ? "int32" : "float32";
    return [name, new ort.Tensor(type, data as Float32Array, [...shape])];
  }));
  const outputs = await session.run(feeds);
  await session.release();
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { data }]) => [
      name,
      data as Float32Array,
    ]),
  );
}
