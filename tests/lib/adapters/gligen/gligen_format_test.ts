import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { gligenWeights } from "../../../../lib/adapters/gligen/gligen_weights.ts";
import { LocRefError } from "../../../../lib/core/error.ts";
import {
  blankRaster,
  type Colour,
  type Raster,
} from "../../../../lib/images/raster.ts";
import { box } from "../../../../lib/scene_data/box.ts";
import { LocRef } from "../../../../lib/model/locref.ts";
import { memoryWeights } from "../../../../lib/weights/weight_sources.ts";
import { inTempDir } from "../../weights/temp_dir.ts";
import {
  pixelsOf,
  twoObjects,
  writeEncoder,
  writeRandom,
} from "../random_adapter.ts";
import { smallBase } from "../small_base.ts";
import { gligenFile } from "../rival_files.ts";

/** A picture twice as wide as high, of one colour but for its outer quarters. */
function framed(sides: Colour, middle: Colour): Raster {
  const raster = blankRaster(64, 32, middle);
  for (let i = 0; i < 64 * 32; i++) {
    const x = i % 64;
    if (x < 8 || x >= 56) raster.data.set(sides, 4 * i);
  }
  return raster;
}

Deno.test("GLIGEN places captions in the first steps of any base, and its file is in the provenance", async () => {
  await inTempDir(async (dir) => {
    const adapter = await gligenFile(dir);
    await using model = await LocRef.load(smallBase, {
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

Deno.test("beta is the part of GLIGEN's steps that are grounded, and schedule lets the grounding fall", async () => {
  await inTempDir(async (dir) => {
    const adapter = await gligenFile(dir);
    await using model = await LocRef.load(smallBase, {
      ...{ adapter, backend: "onnx" },
    });
    await using plain = await LocRef.load(smallBase, { backend: "onnx" });
    const pixels = async (gligen: object) =>
      await pixelsOf(twoObjects(["a cat", "a dog"]), model, {
        methods: { gligen },
      });
    assertEquals(
      await pixels({ beta: 0 }),
      await pixelsOf(twoObjects([]), plain),
    );
    const [first, all, falling] = [
      await pixels({ beta: 0.5 }),
      await pixels({ beta: 1 }),
      await pixels({ schedule: [0.5, 0.5, 0] }),
    ];
    assertEquals(await pixels({ schedule: [1, 0, 0] }), all);
    assert(all.some((value, i) => value !== first[i]));
    // the one step of the fall ends at no grounding
    assertEquals(falling, first);
    await assertRejects(
      () => pixels({ beta: 1, schedule: [1, 0, 0] }),
      RangeError,
      "beta and schedule are one setting",
    );
    await assertRejects(
      () => pixels({ schedule: [0.5, 0.1, 0] }),
      RangeError,
      "schedule sums to 0.6",
    );
    await assertRejects(
      () => pixels({ betta: 1 }),
      TypeError,
      'did you mean "beta"?',
    );
  });
});

Deno.test("GLIGEN names the instance that has no caption, and the encoder that is missing", async () => {
  await inTempDir(async (dir) => {
    const adapter = await gligenFile(dir);
    await using model = await LocRef.load(smallBase, {
      ...{ adapter, backend: "onnx" },
    });
    await assertRejects(
      () => pixelsOf(twoObjects(["a cat", undefined]), model),
      LocRefError,
      "Instance 2",
    );
    const pictures = await gligenFile(dir, true);
    await assertRejects(
      () => LocRef.load(smallBase, { adapter: pictures, backend: "onnx" }),
      LocRefError,
      "load it with { imageEncoder }",
    );
  });
});

Deno.test("GLIGEN with pictures reads references, and needs no captions", async () => {
  await inTempDir(async (dir) => {
    const adapter = await gligenFile(dir, true);
    const imageEncoder = await writeEncoder(dir, 32);
    await Deno.mkdir(join(dir, "image_project"));
    await writeRandom(
      join(dir, "image_project/diffusion_pytorch_model.safetensors"),
      new Map([["project.weight", [32, 32]]]),
    );
    await using model = await LocRef.load(smallBase, {
      ...{ adapter, imageEncoder, backend: "onnx" },
    });
    const pixels = await pixelsOf(twoObjects([undefined, undefined]), model);
    assert(pixels.some((value) => value !== pixels[0]));
    // a wide picture is cut to its middle, as CLIP's own processor does
    const sides = async (colour: Colour, middle: Colour) =>
      await pixelsOf(
        twoObjects([]).place(
          framed(colour, middle),
          box.percent(10, 10, 60, 60),
        ),
        model,
      );
    const cut = await sides([255, 0, 0, 255], [0, 90, 0, 255]);
    assertEquals(await sides([0, 0, 255, 255], [0, 90, 0, 255]), cut);
    const inner = await sides([255, 0, 0, 255], [90, 0, 90, 255]);
    assert(inner.some((value, i) => value !== cut[i]));
    // diffusers computes the schedule of this form, and leaves it out
    const [none, all] = await Promise.all(
      [0, 1].map((beta) =>
        pixelsOf(twoObjects([undefined, undefined]), model, {
          methods: { gligen: { beta } },
        })
      ),
    );
    assert(all!.some((value, i) => value !== none![i]));
    await using plain = await LocRef.load(smallBase, { backend: "onnx" });
    assertEquals(none, await pixelsOf(twoObjects([]), plain));
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
