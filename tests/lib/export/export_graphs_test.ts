import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { writeGraphs } from "../../../lib/export/export_graphs.ts";
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

Deno.test("graphs of SDXL, with their weights beside them, run on plain onnxruntime to the same numbers", async () => {
  await inTempDir(async (dir) => {
    const folder = new URL("../../goldens/sdxl-tiny", import.meta.url).pathname;
    await using model = await LocRef.load(folder, { backend: "onnx" });
    const { parts } = loadedModel(model);
    const size = { height: 8, width: 8 };
    const { graphs } = await writeGraphs(parts, dir, { size, captions: false });
    const unet = [...parts.base.programs({ size })].find(({ name }) =>
      name === "unet"
    )!;
    const inputs = randomInputs(unet.program(), { batch: 1, text_tokens: 77 });
    const ort = await importPackage("onnxruntime");
    const session = await ort.InferenceSession.create(
      join(dir, graphs.unet!.file),
    );
    const feeds = Object.fromEntries(session.inputNames.map((name) => {
      const { data, shape } = inputs[name]!;
      return [
        name,
        new ort.Tensor("float32", data as Float32Array, [...shape]),
      ];
    }));
    const plain = Object.values(await session.run(feeds))[0]!;
    await session.release();
    const executor = await onnxExecutor();
    const runner = await executor.compile(unet.program(), unet.weights);
    const own = Object.values(await runner.run(inputs))[0]!;
    await executor.dispose();
    const largest = Math.max(...own.data.map(Math.abs));
    own.data.forEach((value, i) =>
      assert(
        Math.abs(value - (plain.data as Float32Array)[i]!) < 1e-4 * largest,
      )
    );
    assert(largest > 0.01);
  });
});
