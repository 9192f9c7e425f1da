import { assertEquals, assertStringIncludes } from "@std/assert";
import type { WeightInfo } from "../../../lib/ops/executor.ts";
import { identifyWeights } from "../../../lib/weights/identify_weights.ts";
import type { WeightKind } from "../../../lib/weights/weight_identity.ts";

/** A header that holds tensors of these names and shapes. */
function headerOf(
  shapes: Record<string, number[]>,
  metadata: Record<string, string> = {},
) {
  return {
    metadata,
    names: () => Object.keys(shapes).sort(),
    info: (name: string): WeightInfo | undefined =>
      name in shapes
        ? { dtype: "F16", shape: shapes[name]!, offset: 0, length: 0 }
        : undefined,
  };
}

const crossAttention =
  "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight";
const unet = {
  "conv_in.weight": [320, 4, 3, 3],
  "time_embedding.linear_1.weight": [1280, 320],
  [crossAttention]: [320, 768],
};
const ipLayer = { "ip_adapter.1.to_k_ip.weight": [320, 768] };

const known: [
  string,
  Record<string, number[]>,
  WeightKind,
  string?,
  string?,
][] = [
  ["UNet of SD 1.5", unet, "unet", "Stable Diffusion 1.x"],
  [
    "UNet of SD 2",
    { ...unet, [crossAttention]: [320, 1024] },
    "unet",
    "Stable Diffusion 2.x",
  ],
  [
    "UNet of SDXL",
    {
      ...unet,
      [crossAttention]: [640, 2048],
      "add_embedding.linear_1.weight": [1280, 2816],
    },
    "unet",
    "Stable Diffusion XL",
    "no UNet of the XL kind",
  ],
  [
    "inpainting UNet",
    { ...unet, "conv_in.weight": [320, 9, 3, 3] },
    "unet",
    "Stable Diffusion 1.x",
    "inpainting",
  ],
  [
    "VAE",
    {
      "encoder.conv_in.weight": [128, 3, 3, 3],
      "decoder.conv_in.weight": [512, 4, 3, 3],
    },
    "vae",
  ],
  [
    "ViT-H",
    { "vision_model.embeddings.patch_embedding.weight": [1280, 3, 14, 14] },
    "clip-vision",
  ],
  [
    "text encoder",
    { "text_model.embeddings.token_embedding.weight": [49408, 768] },
    "clip-text",
    "Stable Diffusion 1.x",
  ],
  [
    "both towers",
    {
      "text_model.embeddings.token_embedding.weight": [49408, 768],
      "vision_model.embeddings.patch_embedding.weight": [1024, 3, 14, 14],
    },
    "clip",
  ],
  [
    "BLIP",
    {
      "vision_model.embeddings.class_embedding": [1, 1, 768],
      "vision_model.embeddings.patch_embedding.weight": [768, 3, 16, 16],
      "text_decoder.bert.embeddings.word_embeddings.weight": [30524, 768],
    },
    "blip",
  ],
  [
    "IP-Adapter base",
    { ...ipLayer, "image_proj.proj.weight": [3072, 1024] },
    "ip-adapter-base",
    "Stable Diffusion 1.x",
  ],
  [
    "IP-Adapter full",
    {
      ...ipLayer,
      "image_proj.proj.0.weight": [1280, 1280],
      "image_proj.proj.3.weight": [768],
    },
    "ip-adapter-full",
    "Stable Diffusion 1.x",
  ],
  [
    "IP-Adapter plus for SDXL",
    {
      "ip_adapter.1.to_k_ip.weight": [640, 2048],
      "image_proj.latents": [1, 16, 1280],
      "image_proj.proj_in.weight": [1280, 1280],
    },
    "ip-adapter-plus",
    "Stable Diffusion XL",
  ],
  [
    "FaceID",
    {
      ...ipLayer,
      "image_proj.proj.0.weight": [1024, 512],
      "ip_adapter.0.to_q_lora.down.weight": [128, 320],
    },
    "ip-adapter-faceid",
    "Stable Diffusion 1.x",
    "face recogniser",
  ],
  [
    "LoRA of kohya",
    {
      "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k.lora_down.weight":
        [8, 768],
      "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k.alpha":
        [],
    },
    "lora",
    "Stable Diffusion 1.x",
    "whole models",
  ],
  [
    "LoRA of peft",
    {
      "unet.mid_block.attentions.0.transformer_blocks.0.attn2.to_k.lora_A.weight":
        [8, 2048],
    },
    "lora",
    "Stable Diffusion XL",
    "whole models",
  ],
  [
    "ControlNet",
    {
      ...unet,
      "controlnet_cond_embedding.conv_in.weight": [16, 3, 3, 3],
    },
    "controlnet",
    "Stable Diffusion 1.x",
    "no ControlNet",
  ],
  [
    "single file",
    {
      "model.diffusion_model.input_blocks.0.0.weight": [320, 4, 3, 3],
      "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight":
        [320, 768],
    },
    "sd-checkpoint",
    "Stable Diffusion 1.x",
    "folder layout",
  ],
  [
    "textual inversion",
    { "<cat-toy>": [768] },
    "textual-inversion",
    undefined,
    "tokenizer",
  ],
  ["anything else", { "weight": [3] }, "unknown", undefined, "no kind"],
];

for (const [label, shapes, kind, base, unusable] of known) {
  Deno.test(`Identified by names and shapes: ${label}`, () => {
    const found = identifyWeights(headerOf(shapes));
    assertEquals([found.kind, found.base], [kind, base]);
    assertStringIncludes(found.unusable ?? "", unusable ?? "");
    assertEquals(found.unusable === undefined, unusable === undefined);
  });
}

Deno.test("A LocRef adapter tells its base and encoder", () => {
  const metadata = {
    format: "locref",
    tokens: "16",
    base: "me/base",
    encoder: "me/clip",
  };
  const found = identifyWeights(headerOf({}, metadata));
  assertEquals(found.kind, "locref");
  assertEquals(found.base, "me/base");
  assertStringIncludes(found.next, "me/clip");
});
