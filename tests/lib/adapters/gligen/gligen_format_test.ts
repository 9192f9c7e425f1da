import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { gligenGraph } from "../../../../lib/adapters/gligen/gligen_graph.ts";
import { gligenWeights } from "../../../../lib/adapters/gligen/gligen_weights.ts";
import { groundingProgram } from "../../../../lib/adapters/gligen/grounding_net.ts";
import { LocRefError } from "../../../../lib/core/error.ts";
import { LocRef } from "../../../../lib/model/locref.ts";
import { memoryWeights } from "../../../../lib/weights/weight_sources.ts";
import { inTempDir } from "../../weights/temp_dir.ts";
import {
  pixelsOf,
  shapesOf,
  tinyBase,
  twoObjects,
  writeEncoder,
  writeRandom,
} from "../random_adapter.ts";

async function gligenFile(path: string, pictures: boolean): Promise<string> {
  const shape = { pictures, width: 32 };
  const graph = gligenGraph(shape, memoryWeights(new Map()));
  const shapes = await shapesOf(graph, [groundingProgram(shape)]);
  for (const name of [...shapes.keys()]) {
    const block = /^(.*\.fuser)\.linear\.weight$/.exec(name)?.[1];
    if (block === undefined) continue;
    shapes.set(`${block}.alpha_attn`, []);
    shapes.set(`${block}.alpha_dense`, []);
  }
  return await writeRandom(path, shapes);
}

Deno.test("GLIGEN places captions in the first steps of any base, and its file is in the provenance", async () => {
  await inTempDir(async (dir) => {
    const adapter = await gligenFile(join(dir, "gligen.safetensors"), false);
    await using model = await LocRef.load(tinyBase, {
      ...{ adapter, backend: "onnx" },
    });
    const one = await pixelsOf(twoObjects(["a cat", "a dog"]), model);
    assertEquals(
      await pixelsOf(twoObjects(["a cat", "a dog"]), model),
      one,
    );
    const other = await pixelsOf(twoObjects(["a dog", "a cat"]), model);
    assert(other.some((value, i) => value !== one[i]));
    const plain = await pixelsOf(twoObjects(["a cat", "a dog"]), model, {
      guidance: 1,
    });
    assert(plain.some((value, i) => value !== one[i]));
    const made = await twoObjects(["a cat", "a dog"]).generate({
      ...{ model, steps: 1 },
    });
    assert(
      Object.keys(made.provenance.model.files).some((file) =>
        file.endsWith("gligen.safetensors")
      ),
    );
  });
});

Deno.test("GLIGEN names the instance that has no caption, and the encoder that is missing", async () => {
  await inTempDir(async (dir) => {
    const adapter = await gligenFile(join(dir, "gligen.safetensors"), false);
    await using model = await LocRef.load(tinyBase, {
      ...{ adapter, backend: "onnx" },
    });
    await assertRejects(
      () => pixelsOf(twoObjects(["a cat", undefined]), model),
      LocRefError,
      "Instance 2",
    );
    const pictures = await gligenFile(join(dir, "pictures.safetensors"), true);
    await assertRejects(
      () => LocRef.load(tinyBase, { adapter: pictures, backend: "onnx" }),
      LocRefError,
      "load it with { imageEncoder }",
    );
  });
});

Deno.test("GLIGEN with pictures reads references, and needs no captions", async () => {
  await inTempDir(async (dir) => {
    const adapter = await gligenFile(join(dir, "gligen.safetensors"), true);
    const imageEncoder = await writeEncoder(dir, 32);
    await Deno.mkdir(join(dir, "image_project"));
    await writeRandom(
      join(dir, "image_project/diffusion_pytorch_model.safetensors"),
      new Map([["project.weight", [32, 32]]]),
    );
    await using model = await LocRef.load(tinyBase, {
      ...{ adapter, imageEncoder, backend: "onnx" },
    });
    const pixels = await pixelsOf(twoObjects([undefined, undefined]), model);
    assert(pixels.some((value) => value !== pixels[0]));
  });
});

Deno.test("the original's names of GLIGEN's layers become those of diffusers", () => {
  const names = [
    "input_blocks.1.1.transformer_blocks.0.fuser.linear.weight",
    "input_blocks.8.1.transformer_blocks.0.fuser.alpha_attn",
    "middle_block.1.transformer_blocks.0.fuser.linear.weight",
    "output_blocks.11.1.transformer_blocks.0.fuser.norm1.bias",
    "position_net.null_position_feature",
    "input_blocks.1.1.transformer_blocks.0.attn1.to_q.weight",
  ];
  const one = { shape: [1], data: Float32Array.of(0) };
  const source = memoryWeights(new Map(names.map((name) => [name, one])));
  assertEquals(gligenWeights(source).names(), [
    "down_blocks.0.attentions.0.transformer_blocks.0.fuser.linear.weight",
    "down_blocks.2.attentions.1.transformer_blocks.0.fuser.alpha_attn",
    "mid_block.attentions.0.transformer_blocks.0.fuser.linear.weight",
    "position_net.null_position_feature",
    "up_blocks.3.attentions.2.transformer_blocks.0.fuser.norm1.bias",
  ]);
});
