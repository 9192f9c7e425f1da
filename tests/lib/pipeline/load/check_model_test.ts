import { assert, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { LocRefError } from "../../../../lib/core/error.ts";
import { diagnose } from "../../../../lib/doctor/diagnose.ts";
import { LocRef } from "../../../../lib/model/locref.ts";
import {
  type WritableTensor,
  writeSafetensors,
} from "../../../../lib/weights/safetensors/write_safetensors.ts";
import { inTempDir } from "../../weights/temp_dir.ts";

const tiny = new URL("../../../goldens/sd-tiny/", import.meta.url).pathname;

async function copyFolder(from: string, to: string) {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    const [source, target] = [join(from, name), join(to, name)];
    if (isDirectory) await copyFolder(source, target);
    else await Deno.copyFile(source, target);
  }
}

type Write = (path: string) => Promise<void>;

/** A file of tensors of these names and shapes. */
function named(shapes: Record<string, number[]>): Write {
  const tensors = new Map<string, WritableTensor>(
    Object.entries(shapes).map(([name, shape]) => [name, {
      shape,
      data: new Float32Array(shape.reduce((all, one) => all * one, 1)),
    }]),
  );
  return (path) => writeSafetensors(path, tensors);
}

const text = (content: string): Write => (path) =>
  Deno.writeTextFile(path, content);

const pointer = text("version https://git-lfs.github.com/spec/v1\nsize 1\n");

const originalVae = named({
  "first_stage_model.encoder.down.0.block.0.conv1.weight": [2, 2, 1, 1],
  "first_stage_model.decoder.up.0.block.0.conv1.weight": [2, 2, 1, 1],
  "first_stage_model.decoder.conv_in.weight": [2, 4, 1, 1],
});

const lora = named({
  "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.lora_A.weight":
    [2, 32],
});

const unet = "unet/diffusion_pytorch_model.safetensors";
const vae = "vae/diffusion_pytorch_model.safetensors";
const clip = "text_encoder/model.safetensors";

/** A file of a model, what lies in its place, and what is said of it with a way out. */
const replaced: [string, string, Write, RegExp][] = [
  ["a pointer as the UNet", unet, pointer, /Git LFS pointer.*git lfs pull/],
  ["a page as the VAE", vae, text("<!doctype html>"), /HTML page.*terms/],
  ["JSON as the text encoder", clip, text('{"error":"no"}'), /error as JSON/],
  ["an original VAE", vae, originalVae, /original layout/],
  ["a LoRA as the UNet", unet, lora, /holds no UNet.*LoRA/],
  [
    "OpenCLIP as the text encoder",
    clip,
    named({
      "transformer.resblocks.0.attn.in_proj_weight": [6, 2],
      "token_embedding.weight": [4, 2],
    }),
    /holds no CLIP text encoder.*OpenCLIP/,
  ],
  ["an upscaler as the VAE", vae, named({ "upconv1.weight": [1] }), /upscaler/],
];

for (const [label, path, write, sentence] of replaced) {
  Deno.test(`Loading, and doctor, name ${label}`, async () => {
    await inTempDir(async (dir) => {
      await copyFolder(tiny, dir);
      await write(join(dir, path));
      const error = await assertRejects(() => LocRef.load(dir), LocRefError);
      assertMatch(error.message, sentence);
      assert(!error.message.includes("missing ("), error.message);
      const found = await diagnose(dir);
      assert(!found.ok);
      const said = [...found.problems, ...found.files.map((one) => one.what)];
      const words = sentence.source.split(".*");
      const last = new RegExp(words.at(-1)!);
      assert(
        last.test(found.next) || said.some((one) => last.test(one)),
        `${said.join("; ")}: ${found.next}`,
      );
    });
  });
}

Deno.test("Loading names what is given as an adapter and is none", async () => {
  await inTempDir(async (dir) => {
    const adapter = join(dir, "adapter.safetensors");
    const cases: [Write, RegExp][] = [
      [pointer, /Git LFS pointer.*git lfs pull/],
      [lora, /but this: LoRA/],
      [originalVae, /VAE.*original layout/],
      [
        named({
          "ip_adapter.1.to_k_ip.weight": [2, 32],
          "image_proj.proj.0.weight": [4, 512],
          "image_proj.proj.2.weight": [4, 4],
          "image_proj.norm.weight": [32],
        }),
        /FaceID.*face recogniser.*ip-adapter_sd15/,
      ],
    ];
    for (const [write, sentence] of cases) {
      await write(adapter);
      const error = await assertRejects(
        () => LocRef.load(tiny, { adapter }),
        LocRefError,
      );
      assertMatch(error.message, sentence);
    }
  });
});

Deno.test("A whole part that lacks a tensor is still blamed for the tensor", async () => {
  await inTempDir(async (dir) => {
    await copyFolder(tiny, dir);
    await named({
      "conv_in.weight": [1],
      "time_embedding.linear_1.weight": [1],
      "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight": [1],
    })(join(dir, unet));
    await assertRejects(
      () => LocRef.load(dir),
      LocRefError,
      "does not fit the model",
    );
  });
});
