import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import { LocRefError } from "../../../../lib/core/error.ts";
import { LocRef } from "../../../../lib/model/locref.ts";
import { scene } from "../../../../lib/scene/begin_scene.ts";
import {
  tinyParts,
  writeFolder,
  writeSingleFile,
} from "../../weights/single_file/tiny_checkpoint.ts";
import { inTempDir } from "../../weights/temp_dir.ts";

const settings = { steps: 1, size: { width: 32, height: 32 } };

Deno.test("a checkpoint in one file makes the picture of the folder, to the byte", async () => {
  await inTempDir(async (dir) => {
    const parts = tinyParts();
    const folder = await writeFolder(join(dir, "folder"), parts);
    await linkTokenizer(folder);
    const file = await writeSingleFile(join(dir, "one.safetensors"), parts);
    const one = await pictureOf(file);
    const whole = await pictureOf(folder);
    assertEquals(one.data, whole.data);
    assert(new Set(one.data).size > 10);
    assertEquals(Object.keys(one.provenance.model.files), ["one.safetensors"]);
  });
});

Deno.test("a part that a file lacks is named with its option, which supplies it", async () => {
  await inTempDir(async (dir) => {
    const { unet, vae, text_encoder } = tinyParts();
    const whole = await writeSingleFile(join(dir, "whole.safetensors"), {
      unet,
      vae,
      text_encoder,
    });
    const folder = await writeFolder(join(dir, "folder"), { vae });
    const bare = await writeSingleFile(join(dir, "bare.safetensors"), {
      unet,
      text_encoder,
    });
    const error = await assertRejects(() => LocRef.load(bare), Error);
    assertStringIncludes(
      error.message,
      "holds no VAE: give one with the option vae",
    );
    const expected = await pictureOf(whole);
    for (const given of [whole, join(folder, "vae")]) {
      const picture = await pictureOf(bare, { vae: given });
      assertEquals(picture.data, expected.data);
    }
    const textless = await writeSingleFile(join(dir, "textless.safetensors"), {
      unet,
      vae,
    });
    await assertRejects(() => LocRef.load(textless, {}), Error);
  });
});

Deno.test("a part that a folder lacks is named with its option", async () => {
  await inTempDir(async (dir) => {
    const { unet, text_encoder } = tinyParts();
    const folder = await writeFolder(join(dir, "folder"), {
      unet,
      text_encoder,
    });
    await assertRejects(
      () => LocRef.load(folder),
      LocRefError,
      "holds no VAE: give one with the option vae",
    );
  });
});

Deno.test("what takes a part's place must be one", async () => {
  await inTempDir(async (dir) => {
    const { unet, vae, text_encoder } = tinyParts();
    const file = await writeSingleFile(join(dir, "whole.safetensors"), {
      unet,
      vae,
      text_encoder,
    });
    const alone = await writeSingleFile(join(dir, "vae.safetensors"), { vae });
    await assertRejects(
      () => LocRef.load(file, { textEncoder: alone }),
      Error,
      "holds no text encoder but VAE",
    );
    await assertRejects(
      () => LocRef.load(alone),
      Error,
      "is no checkpoint with a UNet of Stable Diffusion but VAE",
    );
    await Deno.writeTextFile(join(dir, "old.ckpt"), "");
    await assertRejects(
      () => LocRef.load(join(dir, "old.ckpt")),
      Error,
      "is a Python pickle",
    );
    await assertRejects(
      () => LocRef.load(file, { prediction: "v" as "v_prediction" }),
      Error,
      'must be "epsilon", "v_prediction" or "sample"',
    );
  });
});

Deno.test("a second text encoder is refused where a model has one", async () => {
  await inTempDir(async (dir) => {
    const parts = tinyParts();
    const folder = await writeFolder(join(dir, "folder"), parts);
    const file = await writeSingleFile(join(dir, "one.safetensors"), parts);
    for (const name of [folder, file]) {
      await assertRejects(
        () => LocRef.load(name, { textEncoder2: join(folder, "text_encoder") }),
        Error,
        "has one text encoder: leave it out, or give option textEncoder",
      );
    }
  });
});

Deno.test("a UNet of few steps in the place of a model's own warns by its file's name", async () => {
  await inTempDir(async (dir) => {
    const { unet, vae, text_encoder } = tinyParts();
    const whole = { unet, vae, text_encoder };
    const file = await writeSingleFile(join(dir, "one.safetensors"), whole);
    const name = "sdxl_lightning_4step_unet.safetensors";
    const fast = await writeSingleFile(join(dir, name), { unet });
    const warned = async (options: { unet?: string }) =>
      (await pictureOf(file, options)).warnings.filter((warning) =>
        warning.includes("Lightning")
      );
    assertEquals(await warned({}), []);
    const [warning, ...more] = await warned({ unet: fast });
    assertStringIncludes(warning!, name);
    assertEquals(more, []);
  });
});

async function linkTokenizer(folder: string): Promise<void> {
  const own = new URL("../../../../models/clip/", import.meta.url).pathname;
  await Deno.symlink(join(own, "tokenizer"), join(folder, "tokenizer"));
  await Deno.symlink(join(own, "merges.br"), join(folder, "merges.br"));
}

async function pictureOf(
  name: string,
  options: Parameters<typeof LocRef.load>[1] = {},
) {
  await using model = await LocRef.load(name, { backend: "onnx", ...options });
  return await scene().caption("a red apple").generate({
    ...settings,
    sampler: "ddim",
    model,
  });
}
