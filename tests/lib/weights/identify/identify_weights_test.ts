import { assertEquals, assertStringIncludes } from "@std/assert";
import type { WeightInfo } from "../../../../lib/ops/executor.ts";
import { identifyWeights } from "../../../../lib/weights/identify/identify_weights.ts";
import type { WeightKind } from "../../../../lib/weights/identify/weight_identity.ts";

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

const kohya =
  "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k";

function originalVae(prefix: string): Record<string, number[]> {
  return {
    [`${prefix}encoder.conv_in.weight`]: [128, 3, 3, 3],
    [`${prefix}decoder.conv_in.weight`]: [512, 4, 3, 3],
    [`${prefix}encoder.down.0.block.0.conv1.weight`]: [128, 128, 3, 3],
    [`${prefix}decoder.up.0.block.0.conv1.weight`]: [128, 128, 3, 3],
  };
}

function originalUnet(
  prefix: string,
  width = 768,
): Record<string, number[]> {
  return {
    [`${prefix}input_blocks.0.0.weight`]: [320, 4, 3, 3],
    [`${prefix}input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight`]: [
      320,
      width,
    ],
    [`${prefix}output_blocks.0.0.in_layers.0.weight`]: [2560],
  };
}

/** A whole checkpoint, with its text encoder under `text`. */
function ldm(width: number, text: string): Record<string, number[]> {
  return {
    ...originalUnet("model.diffusion_model.", width),
    ...originalVae("first_stage_model."),
    [`${text}text_model.embeddings.token_embedding.weight`]: [49408, 768],
  };
}

const openClip = {
  "visual.conv1.weight": [1280, 3, 14, 14],
  "visual.transformer.resblocks.0.attn.in_proj_weight": [3840, 1280],
  "transformer.resblocks.0.attn.in_proj_weight": [3072, 1024],
  "token_embedding.weight": [49408, 1024],
};

type Known = [string, Record<string, number[]>, WeightKind, string?, string?];

const known: Known[] = [
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
  ],
  [
    "inpainting UNet",
    { ...unet, "conv_in.weight": [320, 9, 3, 3] },
    "unet",
    "Stable Diffusion 1.x",
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
    "second text encoder of SDXL",
    {
      "text_model.embeddings.token_embedding.weight": [49408, 1280],
      "text_projection.weight": [1280, 1280],
    },
    "clip-text",
    "Stable Diffusion XL",
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
  ],
  [
    "LoRA of peft",
    {
      "unet.mid_block.attentions.0.transformer_blocks.0.attn2.to_k.lora_A.weight":
        [8, 2048],
    },
    "lora",
    "Stable Diffusion XL",
  ],
  [
    "ControlNet",
    {
      ...unet,
      "controlnet_cond_embedding.conv_in.weight": [16, 3, 3, 3],
    },
    "controlnet",
    "Stable Diffusion 1.x",
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
  ],
  [
    "textual inversion",
    { "<cat-toy>": [768] },
    "textual-inversion",
    undefined,
    "tokenizer",
  ],
  ["anything else", { "weight": [3] }, "unknown", undefined, "no kind"],
  ["nothing at all", {}, "unknown", undefined, "holds nothing"],
  [
    "VAE of the original layout",
    originalVae(""),
    "vae-original",
    undefined,
  ],
  [
    "VAE of the original layout with its prefix",
    originalVae("first_stage_model."),
    "vae-original",
    undefined,
  ],
  [
    "VAE of the original layout with another prefix",
    originalVae("vae."),
    "vae-original",
    undefined,
  ],
  [
    "SD 1 in one file",
    ldm(768, "cond_stage_model.transformer."),
    "sd-checkpoint",
    "Stable Diffusion 1.x",
  ],
  [
    "SD 2 in one file",
    ldm(1024, "cond_stage_model.model."),
    "sd-checkpoint",
    "Stable Diffusion 2.x",
  ],
  [
    "SDXL in one file",
    ldm(2048, "conditioner.embedders.0.transformer."),
    "sd-checkpoint",
    "Stable Diffusion XL",
  ],
  [
    "SDXL's refiner in one file",
    ldm(1280, "conditioner.embedders.0.model."),
    "sd-checkpoint",
    "the refiner of Stable Diffusion XL",
    "no picture by itself",
  ],
  [
    "UNet of the original layout",
    originalUnet(""),
    "unet-original",
    "Stable Diffusion 1.x",
  ],
  [
    "UNet of the original layout with its prefix",
    originalUnet("model.diffusion_model."),
    "unet-original",
    "Stable Diffusion 1.x",
  ],
  [
    "UNet of the original layout with ComfyUI's prefix",
    originalUnet("diffusion_model."),
    "unet-original",
    "Stable Diffusion 1.x",
  ],
  [
    "SDXL in one file under diffusers' names",
    {
      "unet.conv_in.weight": [320, 4, 3, 3],
      "unet.down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight":
        [640, 2048],
      "vae.decoder.conv_in.weight": [512, 4, 3, 3],
    },
    "sd-checkpoint",
    "Stable Diffusion XL",
  ],
  [
    "ControlNet of the original layout",
    {
      "control_model.input_hint_block.0.weight": [16, 3, 3, 3],
      "control_model.zero_convs.0.0.weight": [320, 320, 1, 1],
      "control_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight": [
        320,
        768,
      ],
    },
    "controlnet",
    "Stable Diffusion 1.x",
  ],
  [
    "ControlNet of the original layout without a prefix",
    {
      "input_hint_block.0.weight": [16, 3, 3, 3],
      "zero_convs.0.0.weight": [320, 320, 1, 1],
    },
    "controlnet",
    undefined,
  ],
  [
    "LoHa",
    { [`${kohya}.hada_w1_a`]: [320, 8], [`${kohya}.hada_w1_b`]: [8, 768] },
    "lycoris",
    "Stable Diffusion 1.x",
  ],
  [
    "LoKr",
    { [`${kohya}.lokr_w1`]: [8, 8], [`${kohya}.lokr_w2_a`]: [40, 8] },
    "lycoris",
    undefined,
  ],
  [
    "LoCon",
    {
      [`${kohya}.lora_down.weight`]: [8, 768],
      "lora_unet_down_blocks_0_resnets_0_conv1.lora_down.weight": [
        8,
        320,
        3,
        3,
      ],
      "lora_unet_down_blocks_0_resnets_0_conv1.lora_up.weight": [320, 8, 1, 1],
    },
    "lycoris",
    "Stable Diffusion 1.x",
  ],
  [
    "(IA)³",
    { [`${kohya}.on_input`]: [], [`${kohya}.weight`]: [768] },
    "lycoris",
    undefined,
    "scales activations",
  ],
  [
    "full differences",
    { [`${kohya}.diff`]: [320, 768] },
    "lycoris",
    "Stable Diffusion 1.x",
  ],
  [
    "OFT",
    { [`${kohya}.oft_blocks`]: [4, 80, 80] },
    "lycoris",
    undefined,
    "turns weights",
  ],
  ...[
    "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.processor.to_k_lora.down.weight",
    "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.lora.down.weight",
    "base_model.model.down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.lora_A.weight",
    "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.lora_A.default_0.weight",
    "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.lora_linear_layer.down.weight",
    "lora_unet_input_blocks_1_1_transformer_blocks_0_attn2_to_k.lora_down.weight",
  ].map((name): Known => [
    `LoRA spelt ${name.slice(-40)}`,
    { [name]: [8, 768] },
    "lora",
    "Stable Diffusion 1.x",
  ]),
  [
    "LoRA of text encoders alone",
    {
      "lora_te_text_model_encoder_layers_0_mlp_fc1.lora_down.weight": [8, 768],
    },
    "lora",
    undefined,
  ],
  [
    "FaceID without a LoRA",
    {
      ...ipLayer,
      "image_proj.proj.0.weight": [1024, 512],
      "image_proj.proj.2.weight": [12288, 1024],
      "image_proj.norm.weight": [768],
    },
    "ip-adapter-faceid",
    "Stable Diffusion 1.x",
    "face recogniser",
  ],
  [
    "FaceID plus",
    {
      ...ipLayer,
      "image_proj.perceiver_resampler.proj_in.weight": [768, 1280],
      "image_proj.proj.0.weight": [1024, 512],
    },
    "ip-adapter-faceid",
    "Stable Diffusion 1.x",
    "face recogniser",
  ],
  [
    "resampler of face features",
    {
      "ip_adapter.1.to_k_ip.weight": [640, 2048],
      "image_proj.latents": [1, 16, 1280],
      "image_proj.proj_in.weight": [1280, 512],
    },
    "ip-adapter-faceid",
    "Stable Diffusion XL",
    "face recogniser",
  ],
  [
    "T2I-Adapter",
    { "adapter.body.0.resnets.0.block1.weight": [320, 320, 3, 3] },
    "t2i-adapter",
    undefined,
  ],
  [
    "T2I-Adapter of the original layout",
    {
      "body.0.block1.weight": [320, 320, 3, 3],
      "conv_in.weight": [320, 192, 3, 3],
    },
    "t2i-adapter",
    undefined,
    "in the layout of diffusers",
  ],
  [
    "textual inversion of other programs",
    { emb_params: [4, 768] },
    "textual-inversion",
    undefined,
    "tokenizer",
  ],
  [
    "textual inversion of SDXL",
    { clip_l: [2, 768], clip_g: [2, 1280] },
    "textual-inversion",
    undefined,
    "tokenizer",
  ],
  [
    "textual inversion under its word",
    { "my-cat": [1, 768] },
    "textual-inversion",
    undefined,
    "tokenizer",
  ],
  [
    "ESRGAN",
    {
      "model.0.weight": [64, 3, 3, 3],
      "model.1.sub.0.RDB1.conv1.0.weight": [32, 64, 3, 3],
    },
    "upscaler",
    undefined,
    "enlarge",
  ],
  [
    "Real-ESRGAN",
    {
      "conv_first.weight": [64, 3, 3, 3],
      "body.0.rdb1.conv1.weight": [32, 64, 3, 3],
    },
    "upscaler",
    undefined,
    "enlarge",
  ],
  [
    "Real-ESRGAN's compact form",
    {
      "body.0.weight": [64, 3, 3, 3],
      "body.1.weight": [64],
      "body.2.weight": [64, 64, 3, 3],
    },
    "upscaler",
    undefined,
    "enlarge",
  ],
  [
    "SwinIR",
    {
      "params_ema.conv_first.weight": [180, 3, 3, 3],
      "params_ema.layers.0.residual_group.blocks.0.attn.qkv.weight": [540, 180],
    },
    "upscaler",
    undefined,
    "enlarge",
  ],
  ["OpenCLIP", openClip, "clip-original", undefined, "names of transformers"],
  [
    "OpenCLIP's text encoder",
    {
      "transformer.resblocks.0.attn.in_proj_weight": [3072, 1024],
      "token_embedding.weight": [49408, 1024],
    },
    "clip-original",
    undefined,
  ],
  [
    "a text encoder with the prefix of a whole checkpoint",
    {
      "cond_stage_model.transformer.text_model.embeddings.token_embedding.weight":
        [49408, 768],
    },
    "clip-original",
    undefined,
  ],
  [
    "FLUX",
    { "double_blocks.0.img_attn.qkv.weight": [9216, 3072] },
    "other-model",
    undefined,
    "Stable Diffusion 1.x",
  ],
  [
    "SD 3",
    {
      "model.diffusion_model.joint_blocks.0.x_block.attn.qkv.weight": [
        4608,
        1536,
      ],
    },
    "other-model",
    undefined,
    "Stable Diffusion 1.x",
  ],
  [
    "T5",
    { "encoder.block.0.layer.0.SelfAttention.q.weight": [4096, 4096] },
    "other-model",
    undefined,
    "Stable Diffusion 1.x",
  ],
  [
    "a UNet that was distilled with its guidance (LCM)",
    { ...unet, "time_embedding.cond_proj.weight": [320, 256] },
    "unet",
    "Stable Diffusion 1.x",
  ],
  [
    "a UNet of unCLIP",
    { ...unet, "class_embedding.linear_1.weight": [1280, 2048] },
    "unet",
    "Stable Diffusion 1.x",
    "vector of a picture",
  ],
  [
    "a UNet with a LoRA beside its weights",
    { ...unet, "mid_block.x.to_q.base_layer.weight": [320, 320] },
    "unet",
    "Stable Diffusion 1.x",
    "must be fused first",
  ],
  [
    "a UNet without text (DDPM)",
    {
      "conv_in.weight": [128, 3, 3, 3],
      "time_embedding.linear_1.weight": [512, 128],
      "conv_out.weight": [3, 128, 3, 3],
    },
    "unet",
    undefined,
    "reads no text",
  ],
  [
    "an IP-Adapter for Stable Diffusion XL",
    {
      "image_proj.proj.weight": [8192, 1280],
      "image_proj.norm.weight": [2048],
      "ip_adapter.1.to_k_ip.weight": [640, 2048],
    },
    "ip-adapter-base",
    "Stable Diffusion XL",
  ],
  [
    "an IP-Adapter under diffusers' own names",
    {
      "down_blocks.0.attn2.processor.to_k_ip.0.weight": [320, 768],
      "encoder_hid_proj.image_projection_layers.0.norm.weight": [768],
    },
    "other-model",
    undefined,
    "names of their own repository",
  ],
  [
    "VQ-VAE",
    {
      "encoder.conv_in.weight": [128, 3, 3, 3],
      "decoder.conv_in.weight": [512, 3, 3, 3],
      "quantize.embedding.weight": [8192, 3],
    },
    "other-model",
    undefined,
    "Stable Diffusion 1.x",
  ],
  [
    "DINO",
    {
      "embeddings.cls_token": [1, 1, 768],
      "encoder.layer.0.attention.attention.query.weight": [768, 768],
    },
    "other-model",
    undefined,
    "compares pictures",
  ],
  [
    "the safety checker",
    {
      "concept_embeds": [17, 768],
      "vision_model.vision_model.embeddings.class_embedding": [1024],
    },
    "other-model",
    undefined,
    "Stable Diffusion 1.x",
  ],
  [
    "PixArt",
    { "caption_projection.linear_1.weight": [1152, 4096] },
    "other-model",
    undefined,
    "Stable Diffusion 1.x",
  ],
];

Deno.test("Advice to convert stands only where converting works", () => {
  const advice = (shapes: Record<string, number[]>) =>
    identifyWeights(headerOf({ ...shapes, ...ipLayer })).next;
  assertStringIncludes(
    advice({ "image_proj.proj.weight": [3072, 1024] }),
    "adapter convert",
  );
  const plus = advice({ "image_proj.latents": [1, 16, 768] });
  assertEquals(plus.includes("convert"), false);
});

for (const [label, shapes, kind, base, unusable] of known) {
  Deno.test(`Identified by names and shapes: ${label}`, () => {
    const found = identifyWeights(headerOf(shapes));
    assertEquals([found.kind, found.base], [kind, base]);
    assertStringIncludes(found.unusable ?? "", unusable ?? "");
    assertEquals(found.unusable === undefined, unusable === undefined);
  });
}

Deno.test("An original VAE goes into a model with or without its prefix", () => {
  for (const prefix of ["", "first_stage_model."]) {
    const { what, next } = identifyWeights(headerOf(originalVae(prefix)));
    assertStringIncludes(what, "VAE with 4 latent channels in the original");
    assertStringIncludes(next, "LocRef.load(BASE, { vae: FILE })");
  }
});

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

Deno.test("The second text encoder of SDXL goes into option textEncoder2", () => {
  const width = (size: number) => ({
    "text_model.embeddings.token_embedding.weight": [49408, size],
    "text_projection.weight": [size, size],
  });
  const next = (size: number) => identifyWeights(headerOf(width(size))).next;
  assertStringIncludes(next(1280), "LocRef.load(BASE, { textEncoder2: FILE })");
  assertStringIncludes(next(768), "LocRef.load(BASE, { textEncoder: FILE })");
});

Deno.test("An OpenCLIP text encoder of bigG's width goes into option textEncoder2, others into textEncoder", () => {
  const next = (width: number) =>
    identifyWeights(headerOf({
      "token_embedding.weight": [49408, width],
      "transformer.resblocks.0.attn.in_proj_weight": [3 * width, width],
    })).next;
  assertStringIncludes(next(1280), "textEncoder2: FILE");
  assertStringIncludes(next(1280), "--text-encoder2 FILE");
  assertStringIncludes(next(1024), "textEncoder: FILE");
});

Deno.test("LoRAs that cannot be merged get advice that helps: those of other models another file", () => {
  const next = (layer: string, ending: string) =>
    identifyWeights(
      headerOf({
        [`${layer}.lora_down.weight`]: [4, 320],
        [`${layer}.${ending}`]: [320, 4],
      }),
    ).next;
  const foreign = "lora_unet_double_blocks_0_img_attn_qkv";
  assertStringIncludes(next(foreign, "lora_up.weight"), "Take a LoRA for");
  assertStringIncludes(next(kohya, "dora_scale"), "Fuse it into its base");
});
