import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { LocRefError } from "../../../../lib/core/error.ts";
import { refusePairs } from "../../../../lib/pipeline/load/refuse_pairs.ts";
import type { LoadOptions } from "../../../../lib/pipeline/options/load_options.ts";
import { writeSafetensors } from "../../../../lib/weights/safetensors/write_safetensors.ts";
import { type LoopbackHub, startHub } from "../../weights/loopback_hub.ts";
import { rawSafetensors } from "../../weights/raw_safetensors.ts";
import { checkpointXl } from "./public_stand_ins.ts";
import { inTempDir } from "../../weights/temp_dir.ts";

const json = (value: unknown) =>
  new TextEncoder().encode(JSON.stringify(value));

/** A file of the given shapes, all zeros. */
async function weights(
  shapes: Readonly<Record<string, readonly number[]>>,
): Promise<Uint8Array> {
  return await inTempDir(async (dir) => {
    const path = join(dir, "file.safetensors");
    await writeSafetensors(
      path,
      new Map(
        Object.entries(shapes).map(([name, shape]) => [name, {
          shape,
          data: new Float32Array(shape.reduce((a, b) => a * b)),
        }]),
      ),
    );
    return await Deno.readFile(path);
  });
}

/** Public names with files whose headers are those of the public ones, as far as pairs go by them. */
async function publicHub(): Promise<LoopbackHub> {
  const ipAdapter = (text: number, features: number) =>
    weights({
      "image_proj.proj.weight": [4 * 8, features],
      "image_proj.norm.weight": [8],
      "ip_adapter.1.to_k_ip.weight": [8, text],
      "ip_adapter.1.to_v_ip.weight": [8, text],
    });
  const lora = (width: number) =>
    weights({
      "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.lora_A.weight":
        [1, width],
      "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.lora_B.weight":
        [8, 1],
    });
  const unet = await weights({ "conv_in.weight": [1] });
  const model = (cross_attention_dim: number) => ({
    "model_index.json": json({ _class_name: "StableDiffusionPipeline" }),
    "unet/config.json": json({ cross_attention_dim }),
    "unet/diffusion_pytorch_model.safetensors": unet,
  });
  return startHub({
    files: {},
    repos: {
      "stable-diffusion-v1-5/stable-diffusion-v1-5": model(768),
      "stabilityai/stable-diffusion-xl-base-1.0": model(2048),
      "h94/IP-Adapter": {
        "models/ip-adapter_sd15.safetensors": await ipAdapter(768, 1024),
        "sdxl_models/ip-adapter_sdxl.safetensors": await ipAdapter(2048, 1280),
        "models/image_encoder/config.json": json({
          hidden_size: 1280,
          projection_dim: 1024,
        }),
        "models/image_encoder/model.safetensors": unet,
      },
      "me/loras": {
        "xl.safetensors": await lora(2048),
        "loha.safetensors": rawSafetensors({
          [`${xlLayer}attn2_to_k.hada_w1_a`]: [8, 1],
          [`${xlLayer}attn2_to_k.hada_w1_b`]: [1, 2048],
          [`${xlLayer}attn2_to_k.hada_w2_a`]: [8, 1],
          [`${xlLayer}attn2_to_k.hada_w2_b`]: [1, 2048],
        }),
        "lokr.safetensors": rawSafetensors({
          [`${xlLayer}attn2_to_v.lokr_w1`]: [2, 64],
          [`${xlLayer}attn2_to_v.lokr_w2`]: [4, 32],
        }),
        "text.safetensors": rawSafetensors({
          "lora_te2_text_model_encoder_layers_0_mlp_fc1.lora_down.weight": [
            1,
            8,
          ],
          "lora_te2_text_model_encoder_layers_0_mlp_fc1.lora_up.weight": [8, 1],
        }),
      },
      "me/files": {
        "xl.safetensors": rawSafetensors(checkpointXl()),
      },
    },
  });
}

const xlLayer = "lora_unet_input_blocks_4_1_transformer_blocks_0_";

const sd15 = "stable-diffusion-v1-5/stable-diffusion-v1-5";
const xl = "stabilityai/stable-diffusion-xl-base-1.0";
const ip15 = "h94/IP-Adapter/models/ip-adapter_sd15.safetensors";
const ipXl = "h94/IP-Adapter/sdxl_models/ip-adapter_sdxl.safetensors";
const imageEncoder = "h94/IP-Adapter/models/image_encoder";

const pairs: readonly [string, string, LoadOptions, string][] = [
  [
    "an adapter and a base of other text",
    xl,
    { adapter: ip15 },
    `Adapter "${ip15}" is for Stable Diffusion 1.x, but model "${xl}" is Stable Diffusion XL: nothing was fetched`,
  ],
  [
    "a LoRA and a base of other text",
    sd15,
    { loras: [{ path: "me/loras/xl.safetensors" }] },
    `LoRA "me/loras/xl.safetensors" is for Stable Diffusion XL, but model "${sd15}" is Stable Diffusion 1.x: nothing was fetched`,
  ],
  ...["loha", "lokr", "text"].map((name): typeof pairs[number] => [
    `changes of Stable Diffusion XL (${name}) and a base of Stable Diffusion 1.x`,
    sd15,
    { loras: [{ path: `me/loras/${name}.safetensors` }] },
    `LoRA "me/loras/${name}.safetensors" is for Stable Diffusion XL, but model "${sd15}" is Stable Diffusion 1.x: nothing was fetched`,
  ]),
  [
    "a UNet and a base of other text",
    sd15,
    { unet: "me/files/xl.safetensors" },
    `UNet "me/files/xl.safetensors" is for Stable Diffusion XL, but model "${sd15}" is Stable Diffusion 1.x: nothing was fetched`,
  ],
  [
    "a second text encoder and a base with one",
    sd15,
    { textEncoder2: "me/files/xl.safetensors" },
    `Option textEncoder2 is "me/files/xl.safetensors", but model "${sd15}" has one text encoder: leave it out, or give option textEncoder`,
  ],
  [
    "an adapter and an image encoder of other features",
    xl,
    { adapter: ipXl, imageEncoder },
    `Adapter "${ipXl}" reads features of width 1280, but image encoder "${imageEncoder}" gives 1024: give the image encoder of OpenCLIP ViT-bigG/14, "h94/IP-Adapter/sdxl_models/image_encoder": nothing was fetched`,
  ],
];

for (const [what, base, options, sentence] of pairs) {
  Deno.test(`${what} are refused from their headers, before any file is fetched`, async () => {
    const hub = await publicHub();
    try {
      await inTempDir(async (cacheDir) => {
        const place = { endpoint: hub.endpoint, cacheDir, offline: false };
        const error = await assertRejects(
          () => refusePairs(base, { ...options, ...place }),
          LocRefError,
        );
        assertEquals(error.message, sentence);
        const whole = hub.downloads.filter((one) => !one.includes("bytes=0-"));
        assertEquals(whole, []);
        assertEquals(await Array.fromAsync(Deno.readDir(cacheDir)), []);
      });
    } finally {
      await hub.stop();
    }
  });
}
