import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { LocRefError } from "../../../../lib/core/error.ts";
import { refuseFiles } from "../../../../lib/pipeline/load/refuse_files.ts";
import { refusePairs } from "../../../../lib/pipeline/load/refuse_pairs.ts";
import type { LoadOptions } from "../../../../lib/pipeline/options/load_options.ts";
import { startHub } from "../../weights/loopback_hub.ts";
import { jsonFile, rawSafetensors } from "../../weights/raw_safetensors.ts";
import { inTempDir } from "../../weights/temp_dir.ts";
import {
  checkpoint15,
  checkpointXl,
  type Files,
  loraShapes,
  repository,
  without,
} from "./public_stand_ins.ts";

const sd15 = "stable-diffusion-v1-5/stable-diffusion-v1-5";
const refiner = "stabilityai/stable-diffusion-xl-refiner-1.0";
const reads = (in_channels: number, cross_attention_dim = 768) => ({
  in_channels,
  cross_attention_dim,
});
const sd = { _class_name: "StableDiffusionPipeline" };

const faceId = {
  "image_proj.proj.0.weight": [1, 512],
  "image_proj.norm.weight": [1],
  "ip_adapter.1.to_k_ip.weight": [1, 768],
  "ip_adapter.0.to_q_lora.down.weight": [1, 1],
};

const repos: Record<string, Files> = {
  [sd15]: repository(sd, reads(4)),
  "black-forest-labs/FLUX.1-dev": {
    ...repository({ _class_name: "FluxPipeline" }),
    "flux1-dev.safetensors": rawSafetensors({
      "double_blocks.0.img_attn.qkv.weight": [1, 1],
    }),
  },
  "stabilityai/stable-diffusion-3-medium-diffusers": repository({
    _class_name: "StableDiffusion3Pipeline",
  }),
  [refiner]: {
    ...repository(
      {
        _class_name: "StableDiffusionXLImg2ImgPipeline",
        requires_aesthetics_score: true,
      },
      reads(4, 1280),
      ["text_encoder_2", "vae"],
    ),
    "sd_xl_refiner_1.0.safetensors": rawSafetensors(checkpointXl(1280)),
  },
  "timbrooks/instruct-pix2pix": repository(
    { _class_name: "StableDiffusionInstructPix2PixPipeline" },
    reads(8),
  ),
  "someone/pix2pix": repository(sd, reads(8)),
  "sd2-community/stable-diffusion-2-depth": repository(
    { _class_name: "StableDiffusionDepth2ImgPipeline" },
    reads(5, 1024),
  ),
  "someone/depth": repository(sd, reads(5)),
  "stabilityai/stable-diffusion-x4-upscaler": repository(
    { _class_name: "StableDiffusionUpscalePipeline" },
    reads(7, 1024),
  ),
  "xinsir/controlnet-union-sdxl-1.0": {
    "config.json": jsonFile({ _class_name: "ControlNetModel_Union" }),
    "model.safetensors": rawSafetensors({ task_embedding: [1] }),
  },
  "h94/IP-Adapter": {
    "sdxl_models/image_encoder/config.json": jsonFile({}),
    "models/image_encoder/config.json": jsonFile({}),
  },
  "me/files": {
    "fp8.safetensors": rawSafetensors(checkpointXl(), { dtype: "F8_E4M3" }),
    "whole.safetensors": rawSafetensors(checkpoint15()),
    "no_vae.safetensors": rawSafetensors(without(checkpointXl(), /^first/)),
    "no_text.safetensors": rawSafetensors(without(checkpoint15(), /^cond/)),
    "no_text_2.safetensors": rawSafetensors(
      without(checkpointXl(), /embedders\.1/),
    ),
    "depth.safetensors": rawSafetensors(checkpoint15(5)),
    "pix2pix.safetensors": rawSafetensors(checkpoint15(8)),
    "lora.safetensors": rawSafetensors(loraShapes(768)),
    "dora.safetensors": rawSafetensors({
      ...loraShapes(768),
      "lora_unet_a.dora_scale": [1],
    }),
    "tucker.safetensors": rawSafetensors({
      ...loraShapes(768),
      "lora_unet_a.lora_mid.weight": [1],
    }),
    "words.safetensors": rawSafetensors({
      ...loraShapes(768),
      "bundle_emb.cat.string_to_param": [1],
    }),
    "flux_lora.safetensors": rawSafetensors({
      "lora_unet_double_blocks_0_img_attn_qkv.lora_down.weight": [1, 1],
    }),
    "bad_alpha.safetensors": rawSafetensors(loraShapes(768), {
      metadata: { lora_alpha: "much" },
    }),
    "faceid.safetensors": rawSafetensors(faceId),
    "clip_vision.safetensors": rawSafetensors({
      "vision_model.embeddings.patch_embedding.weight": [1280, 3, 14, 14],
    }),
    "word.safetensors": rawSafetensors({ emb_params: [1, 768] }),
    "checkpoint.ckpt": new Uint8Array(4),
  },
};

const file = (name: string) => `me/files/${name}.safetensors`;

/** A model and options, and the sentence that refuses them. */
const cases: readonly [string, LoadOptions, string][] = [
  [
    "black-forest-labs/FLUX.1-dev",
    {},
    'File "black-forest-labs/FLUX.1-dev/model_index.json": key "_class_name" must be',
  ],
  ["black-forest-labs/FLUX.1-dev", {}, 'got "FluxPipeline" (FLUX)'],
  [
    "black-forest-labs/FLUX.1-dev/flux1-dev.safetensors",
    {},
    "but FLUX in the original layout",
  ],
  [
    "stabilityai/stable-diffusion-3-medium-diffusers",
    {},
    'got "StableDiffusion3Pipeline" (Stable Diffusion 3)',
  ],
  [refiner, {}, 'key "requires_aesthetics_score" must be false'],
  [refiner, {}, "a refiner is no base"],
  [
    `${refiner}/sd_xl_refiner_1.0.safetensors`,
    {},
    "is the refiner of Stable Diffusion XL, which makes no picture by itself",
  ],
  ["timbrooks/instruct-pix2pix", {}, "its UNet also reads a picture to edit"],
  [
    "someone/pix2pix",
    {},
    'LocRef cannot use the UNet of "someone/pix2pix/unet/config.json": it is a picture-editing UNet',
  ],
  [
    "sd2-community/stable-diffusion-2-depth",
    {},
    "its UNet also reads a depth map",
  ],
  ["someone/depth", {}, "it is a depth UNet"],
  [
    "stabilityai/stable-diffusion-x4-upscaler",
    {},
    "its UNet enlarges a picture",
  ],
  [
    file("fp8"),
    {},
    `${file("fp8")} holds 7 tensors of type F8_E4M3`,
  ],
  [
    file("no_vae"),
    {},
    `Model "${
      file("no_vae")
    }" (Stable Diffusion XL) holds no VAE: give one with the option vae`,
  ],
  [file("no_text"), {}, "holds no text encoder: give one with the option"],
  [
    file("no_text_2"),
    {},
    "holds no second text encoder: give one with the option textEncoder2",
  ],
  [file("depth"), {}, "it is a depth UNet, which also reads a depth map"],
  [file("pix2pix"), {}, "it is a picture-editing UNet"],
  [
    file("lora"),
    {},
    `Model "${
      file("lora")
    }" is no checkpoint with a UNet of Stable Diffusion but LoRA`,
  ],
  [file("faceid"), {}, "but IP-Adapter of the FaceID kind"],
  [file("word"), {}, "but textual inversion"],
  ["me/files/checkpoint.ckpt", {}, "is a Python pickle"],
  [
    "me/files",
    {},
    '"me/files" on the hub has no model_index.json: name one of its files, such as "me/files/',
  ],
  [
    "xinsir/controlnet-union-sdxl-1.0",
    {},
    "on the hub has no model_index.json",
  ],
  [sd15, { unet: "me/files/checkpoint.ckpt" }, "is a Python pickle"],
  [sd15, { vae: file("lora") }, `File "${file("lora")}" holds no VAE but LoRA`],
  [
    sd15,
    { vae: refiner },
    `"${refiner}" on the hub has no config.json: name the folder in it, "${refiner}/vae"`,
  ],
  [sd15, { vae: "me/files" }, "name one of its files"],
  [sd15, { unet: file("fp8") }, "tensors of type F8_E4M3"],
  [sd15, { unet: file("depth") }, "it is a depth UNet"],
  [sd15, { textEncoder: file("no_text") }, "holds no text encoder but"],
  [
    sd15,
    { taesd: file("whole") },
    `File "${file("whole")}" holds no tiny VAE but this: Stable Diffusion 1.x`,
  ],
  [
    sd15,
    { imageEncoder: "me/files" },
    "has no config.json: name a repository or a folder that has one",
  ],
  [
    sd15,
    { imageEncoder: "h94/IP-Adapter" },
    'has no config.json: name the folder in it, "h94/IP-Adapter/models/image_encoder"',
  ],
  [
    sd15,
    { imageEncoder: file("clip_vision") },
    `Image encoder "${
      file("clip_vision")
    }" is a single file (CLIP image encoder, ViT-H/14): give a folder with config.json beside the weights, such as "h94/IP-Adapter/models/image_encoder"`,
  ],
  [
    sd15,
    { imageEncoder: file("whole") },
    "is a single file (Stable Diffusion 1.x in a single file): give a folder with config.json beside the weights",
  ],
  [
    sd15,
    { adapter: file("faceid") },
    "it reads embeddings of a face recogniser",
  ],
  [
    sd15,
    { adapter: file("lora") },
    "holds no adapter of LocRef's or IP-Adapter's kind but this: LoRA",
  ],
  [sd15, { loras: [{ path: file("dora") }] }, "is a DoRA"],
  [sd15, { loras: [{ path: file("tucker") }] }, "has Tucker decompositions"],
  [sd15, { loras: [{ path: file("words") }] }, "also holds words of its own"],
  [sd15, { loras: [{ path: file("flux_lora") }] }, "is made for FLUX"],
  [
    sd15,
    { loras: [{ path: file("bad_alpha") }] },
    'must have a number as its metadata "lora_alpha", got "much"',
  ],
  [
    sd15,
    { loras: [{ path: file("whole") }] },
    `File "${
      file("whole")
    }" holds no LoRA but this: Stable Diffusion 1.x in a single file`,
  ],
  [
    sd15,
    { loras: [{ path: file("faceid") }] },
    "holds no LoRA but this: IP-Adapter of the FaceID kind",
  ],
  [
    sd15,
    { loras: [{ path: file("missing") }] },
    "me/files has no file missing.safetensors",
  ],
  [
    sd15,
    { loras: [{ path: "./nowhere.safetensors" }] },
    'LoRA "./nowhere.safetensors" does not exist',
  ],
];

Deno.test("what cannot be used by itself is refused by name, before any weights are fetched", async (t) => {
  const hub = startHub({ files: {}, repos });
  try {
    for (const [name, options, sentence] of cases) {
      const given = JSON.stringify(options);
      await t.step(`${name} ${given}: ${sentence}`, async () => {
        await inTempDir(async (cacheDir) => {
          hub.downloads.length = 0;
          const place = { endpoint: hub.endpoint, cacheDir, offline: false };
          const error = await assertRejects(
            () => refuseFiles(name, { ...options, ...place }),
            LocRefError,
          );
          assertStringIncludes(error.message, sentence);
          const whole = hub.downloads.filter((one) =>
            !one.includes("bytes=0-")
          );
          assertEquals(whole, []);
        });
      });
    }
  } finally {
    await hub.stop();
  }
});

Deno.test("a part that a checkpoint lacks is no fault where an option supplies it", async () => {
  const hub = startHub({ files: {}, repos });
  try {
    await inTempDir(async (cacheDir) => {
      const place = { endpoint: hub.endpoint, cacheDir, offline: false };
      await refuseFiles(file("no_vae"), { vae: `${refiner}/vae`, ...place });
      await refuseFiles(sd15, {
        loras: [{ path: file("lora") }],
        ...place,
      });
    });
  } finally {
    await hub.stop();
  }
});

Deno.test("a load looks at a file's header once, for all that is judged by it", async () => {
  const hub = startHub({ files: {}, repos });
  try {
    await inTempDir(async (cacheDir) => {
      const options = {
        ...{ endpoint: hub.endpoint, cacheDir, offline: false },
        loras: [{ path: file("lora") }],
        looked: new Map(),
      };
      await refuseFiles(sd15, options);
      await refusePairs(sd15, options);
    });
    const seen = hub.downloads.filter((one) =>
      one.includes("lora.safetensors")
    );
    assertEquals(seen.length, 1, seen.join());
  } finally {
    await hub.stop();
  }
});
