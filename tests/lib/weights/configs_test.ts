/** Configs of public repositories, key by key as they stand on the hub, and what their libraries make of them. */

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  parseClipImageConfig,
  parseClipTextConfig,
} from "../../../lib/weights/configs/clip_config.ts";
import { parseModelIndex } from "../../../lib/weights/configs/model_index.ts";
import { parseTokenizerConfig } from "../../../lib/weights/configs/tokenizer_config.ts";
import { parseUnetConfig } from "../../../lib/weights/configs/unet_config.ts";
import { parseVaeConfig } from "../../../lib/weights/configs/vae_config.ts";
import { parseVitConfig } from "../../../lib/weights/configs/vit_config.ts";

const file = "config.json";

const sd15Unet = {
  _class_name: "UNet2DConditionModel",
  _diffusers_version: "0.6.0",
  act_fn: "silu",
  attention_head_dim: 8,
  block_out_channels: [320, 640, 1280, 1280],
  center_input_sample: false,
  cross_attention_dim: 768,
  down_block_types: [
    "CrossAttnDownBlock2D",
    "CrossAttnDownBlock2D",
    "CrossAttnDownBlock2D",
    "DownBlock2D",
  ],
  downsample_padding: 1,
  flip_sin_to_cos: true,
  freq_shift: 0,
  in_channels: 4,
  layers_per_block: 2,
  mid_block_scale_factor: 1,
  norm_eps: 1e-05,
  norm_num_groups: 32,
  out_channels: 4,
  sample_size: 64,
  up_block_types: [
    "UpBlock2D",
    "CrossAttnUpBlock2D",
    "CrossAttnUpBlock2D",
    "CrossAttnUpBlock2D",
  ],
};

const sd15Settings = {
  sample_size: 64,
  in_channels: 4,
  out_channels: 4,
  flip_sin_to_cos: true,
  freq_shift: 0,
  down_block_types: sd15Unet.down_block_types,
  up_block_types: sd15Unet.up_block_types,
  block_out_channels: [320, 640, 1280, 1280],
  layers_per_block: 2,
  norm_num_groups: 32,
  norm_eps: 1e-5,
  cross_attention_dim: 768,
  transformer_layers_per_block: 1,
  attention_head_dim: 8,
  use_linear_projection: false,
  addition_time_embed_dim: null,
  projection_class_embeddings_input_dim: null,
  time_cond_proj_dim: null,
};

Deno.test("stable-diffusion-v1-5's UNet is read with every setting", () => {
  assertEquals(parseUnetConfig(sd15Unet, { file }), {
    config: sd15Settings,
    warnings: [],
  });
});

Deno.test("a UNet config that names only what is not diffusers' default is the same", () => {
  const sparse = { cross_attention_dim: 768 };
  assertEquals(parseUnetConfig(sparse, { file }).config, sd15Settings);
});

Deno.test("a UNet of diffusers 0.19, with every key of that time, is the same", () => {
  const full = {
    ...sd15Unet,
    _name_or_path: "runwayml/stable-diffusion-v1-5",
    addition_embed_type: null,
    addition_embed_type_num_heads: 64,
    addition_time_embed_dim: null,
    class_embed_type: null,
    class_embeddings_concat: false,
    conv_in_kernel: 3,
    conv_out_kernel: 3,
    cross_attention_norm: null,
    dual_cross_attention: false,
    encoder_hid_dim: null,
    encoder_hid_dim_type: null,
    mid_block_only_cross_attention: null,
    mid_block_type: "UNetMidBlock2DCrossAttn",
    num_attention_heads: null,
    num_class_embeds: null,
    only_cross_attention: false,
    projection_class_embeddings_input_dim: null,
    resnet_out_scale_factor: 1.0,
    resnet_skip_time_act: false,
    resnet_time_scale_shift: "default",
    time_cond_proj_dim: null,
    time_embedding_act_fn: null,
    time_embedding_dim: null,
    time_embedding_type: "positional",
    timestep_post_act: null,
    transformer_layers_per_block: 1,
    upcast_attention: false,
    use_linear_projection: false,
  };
  assertEquals(parseUnetConfig(full, { file }), {
    config: sd15Settings,
    warnings: [],
  });
});

/** `unet/config.json` of stable-diffusion-xl-base-1.0. */
const sdxlUnet = {
  _class_name: "UNet2DConditionModel",
  _diffusers_version: "0.19.0.dev0",
  act_fn: "silu",
  addition_embed_type: "text_time",
  addition_embed_type_num_heads: 64,
  addition_time_embed_dim: 256,
  attention_head_dim: [5, 10, 20],
  block_out_channels: [320, 640, 1280],
  center_input_sample: false,
  class_embed_type: null,
  class_embeddings_concat: false,
  conv_in_kernel: 3,
  conv_out_kernel: 3,
  cross_attention_dim: 2048,
  cross_attention_norm: null,
  down_block_types: [
    "DownBlock2D",
    "CrossAttnDownBlock2D",
    "CrossAttnDownBlock2D",
  ],
  downsample_padding: 1,
  dual_cross_attention: false,
  encoder_hid_dim: null,
  encoder_hid_dim_type: null,
  flip_sin_to_cos: true,
  freq_shift: 0,
  in_channels: 4,
  layers_per_block: 2,
  mid_block_only_cross_attention: null,
  mid_block_scale_factor: 1,
  mid_block_type: "UNetMidBlock2DCrossAttn",
  norm_eps: 1e-5,
  norm_num_groups: 32,
  num_attention_heads: null,
  num_class_embeds: null,
  only_cross_attention: false,
  out_channels: 4,
  projection_class_embeddings_input_dim: 2816,
  resnet_out_scale_factor: 1.0,
  resnet_skip_time_act: false,
  resnet_time_scale_shift: "default",
  sample_size: 128,
  time_cond_proj_dim: null,
  time_embedding_act_fn: null,
  time_embedding_dim: null,
  time_embedding_type: "positional",
  timestep_post_act: null,
  transformer_layers_per_block: [1, 2, 10],
  up_block_types: ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
  upcast_attention: null,
  use_linear_projection: true,
};

Deno.test("stable-diffusion-xl-base-1.0's UNet is read: pooled text and sizes, depths by level", () => {
  const { config, warnings } = parseUnetConfig(sdxlUnet, { file });
  assertEquals(warnings, []);
  assertEquals(config.addition_time_embed_dim, 256);
  assertEquals(config.projection_class_embeddings_input_dim, 2816);
  assertEquals(config.transformer_layers_per_block, [1, 2, 10]);
  assertEquals(config.attention_head_dim, [5, 10, 20]);
});

Deno.test("sizes of an addition that the UNet does not have add nothing", () => {
  const { config } = parseUnetConfig(
    { ...sdxlUnet, addition_embed_type: null },
    { file },
  );
  assertEquals(config.projection_class_embeddings_input_dim, null);
});

Deno.test("a pooled text and sizes that leave no room for the text are refused", () => {
  const narrow = { ...sdxlUnet, projection_class_embeddings_input_dim: 1536 };
  const error = assertThrows(() => parseUnetConfig(narrow, { file }));
  assertStringIncludes(
    (error as Error).message,
    '"projection_class_embeddings_input_dim" must be above 1536',
  );
});

Deno.test("LCM_Dreamshaper_v7's UNet is read: it reads the guidance", () => {
  const { config, warnings } = parseUnetConfig(
    { ...sd15Unet, time_cond_proj_dim: 256 },
    { file },
  );
  assertEquals([config.time_cond_proj_dim, warnings], [256, []]);
});

Deno.test("stable-diffusion-2-1's UNet is read: heads by level, linear projections, lists of one number", () => {
  const { config, warnings } = parseUnetConfig({
    ...sd15Unet,
    _diffusers_version: "0.10.0.dev0",
    attention_head_dim: [5, 10, 20, 20],
    cross_attention_dim: [1024, 1024, 1024, 1024],
    layers_per_block: [2, 2, 2, 2],
    only_cross_attention: [false, false, false, false],
    dual_cross_attention: false,
    num_class_embeds: null,
    sample_size: [96, 96],
    upcast_attention: true,
    use_linear_projection: true,
  }, { file });
  assertEquals(warnings, []);
  assertEquals(config, {
    ...sd15Settings,
    attention_head_dim: [5, 10, 20, 20],
    cross_attention_dim: 1024,
    sample_size: 96,
    use_linear_projection: true,
  });
});

Deno.test("block names of diffusers before 0.3 are those of today", () => {
  const { config } = parseUnetConfig({
    ...sd15Unet,
    down_block_types: sd15Unet.down_block_types.map((one) => `UNetRes${one}`),
  }, { file });
  assertEquals(config.down_block_types, sd15Unet.down_block_types);
});

const sd15Vae = {
  _class_name: "AutoencoderKL",
  _diffusers_version: "0.6.0",
  act_fn: "silu",
  block_out_channels: [128, 256, 512, 512],
  down_block_types: Array(4).fill("DownEncoderBlock2D"),
  in_channels: 3,
  latent_channels: 4,
  layers_per_block: 2,
  norm_num_groups: 32,
  out_channels: 3,
  sample_size: 512,
  up_block_types: Array(4).fill("UpDecoderBlock2D"),
};

const vaeSettings = {
  in_channels: 3,
  out_channels: 3,
  latent_channels: 4,
  block_out_channels: [128, 256, 512, 512],
  layers_per_block: 2,
  norm_num_groups: 32,
  scaling_factor: 0.18215,
  mid_block_add_attention: true,
  use_quant_conv: true,
  use_post_quant_conv: true,
};

Deno.test("stable-diffusion-v1-5's VAE has diffusers' scaling factor, which its file leaves out", () => {
  assertEquals(parseVaeConfig(sd15Vae, { file }), {
    config: vaeSettings,
    warnings: [],
  });
});

Deno.test("a VAE of diffusers 0.42, with every key of that time, is the same", () => {
  const full = {
    ...sd15Vae,
    force_upcast: true,
    latents_mean: null,
    latents_std: null,
    mid_block_add_attention: true,
    scaling_factor: 0.18215,
    shift_factor: null,
    use_post_quant_conv: true,
    use_quant_conv: true,
  };
  assertEquals(parseVaeConfig(full, { file }), {
    config: vaeSettings,
    warnings: [],
  });
});

Deno.test("an empty VAE config is diffusers' smallest VAE", () => {
  assertEquals(parseVaeConfig({}, { file }).config, {
    ...vaeSettings,
    block_out_channels: [64],
    layers_per_block: 1,
  });
});

const sd15Text = {
  _name_or_path: "openai/clip-vit-large-patch14",
  architectures: ["CLIPTextModel"],
  attention_dropout: 0.0,
  bos_token_id: 0,
  dropout: 0.0,
  eos_token_id: 2,
  hidden_act: "quick_gelu",
  hidden_size: 768,
  initializer_factor: 1.0,
  initializer_range: 0.02,
  intermediate_size: 3072,
  layer_norm_eps: 1e-05,
  max_position_embeddings: 77,
  model_type: "clip_text_model",
  num_attention_heads: 12,
  num_hidden_layers: 12,
  pad_token_id: 1,
  projection_dim: 768,
  torch_dtype: "float32",
  transformers_version: "4.22.0.dev0",
  vocab_size: 49408,
};

const textSettings = {
  hidden_size: 768,
  intermediate_size: 3072,
  num_attention_heads: 12,
  num_hidden_layers: 12,
  hidden_act: "quick_gelu" as const,
  layer_norm_eps: 1e-5,
  projection_dim: 768,
  vocab_size: 49408,
  max_position_embeddings: 77,
  eos_token_id: 2,
};

Deno.test("stable-diffusion-v1-5's text encoder is read with every setting", () => {
  assertEquals(parseClipTextConfig(sd15Text, { file }), {
    config: textSettings,
    warnings: [],
  });
});

Deno.test("a sparse text config has CLIPTextConfig's defaults", () => {
  assertEquals(parseClipTextConfig({}, { file }).config, {
    ...textSettings,
    hidden_size: 512,
    intermediate_size: 2048,
    num_attention_heads: 8,
    projection_dim: 512,
    eos_token_id: 49407,
  });
});

Deno.test("a small vocabulary without an end in the config has none", () => {
  const { config } = parseClipTextConfig({ vocab_size: 49407 }, { file });
  assertEquals(config.eos_token_id, undefined);
});

const ipAdapterEncoder = {
  _name_or_path: "./image_encoder",
  architectures: ["CLIPVisionModelWithProjection"],
  attention_dropout: 0.0,
  dropout: 0.0,
  hidden_act: "gelu",
  hidden_size: 1280,
  image_size: 224,
  initializer_factor: 1.0,
  initializer_range: 0.02,
  intermediate_size: 5120,
  layer_norm_eps: 1e-05,
  model_type: "clip_vision_model",
  num_attention_heads: 16,
  num_channels: 3,
  num_hidden_layers: 32,
  patch_size: 14,
  projection_dim: 1024,
  torch_dtype: "float16",
  transformers_version: "4.28.0.dev0",
};

Deno.test("h94/IP-Adapter's image encoder is read with every setting", () => {
  assertEquals(parseClipImageConfig(ipAdapterEncoder, { file }), {
    config: {
      hidden_size: 1280,
      intermediate_size: 5120,
      num_attention_heads: 16,
      num_hidden_layers: 32,
      hidden_act: "gelu",
      layer_norm_eps: 1e-5,
      projection_dim: 1024,
      image_size: 224,
      patch_size: 14,
    },
    warnings: [],
  });
});

/** openai/clip-vit-large-patch14, with the settings of both towers. */
const wholeClip = {
  _name_or_path: "clip-vit-large-patch14/",
  architectures: ["CLIPModel"],
  initializer_factor: 1.0,
  logit_scale_init_value: 2.6592,
  model_type: "clip",
  projection_dim: 768,
  text_config: {
    _name_or_path: "",
    add_cross_attention: false,
    architectures: null,
    attention_dropout: 0.0,
    bad_words_ids: null,
    bos_token_id: 0,
    chunk_size_feed_forward: 0,
    dropout: 0.0,
    eos_token_id: 2,
    hidden_size: 768,
    id2label: { "0": "LABEL_0", "1": "LABEL_1" },
    intermediate_size: 3072,
    length_penalty: 1.0,
    model_type: "clip_text_model",
    num_attention_heads: 12,
    projection_dim: 768,
    pruned_heads: {},
    task_specific_params: null,
    top_p: 1.0,
    typical_p: 1.0,
    use_bfloat16: false,
  },
  text_config_dict: { hidden_size: 768, projection_dim: 768 },
  torch_dtype: "float32",
  transformers_version: null,
  vision_config: {
    dropout: 0.0,
    hidden_size: 1024,
    intermediate_size: 4096,
    model_type: "clip_vision_model",
    num_attention_heads: 16,
    num_hidden_layers: 24,
    patch_size: 14,
    projection_dim: 768,
  },
  vision_config_dict: { hidden_size: 1024, patch_size: 14 },
};

Deno.test("each tower is read out of the config of a whole CLIP", () => {
  assertEquals(parseClipTextConfig(wholeClip, { file }), {
    config: textSettings,
    warnings: [],
  });
  const { config, warnings } = parseClipImageConfig(wholeClip, { file });
  assertEquals(warnings, []);
  assertEquals(config, {
    hidden_size: 1024,
    intermediate_size: 4096,
    num_attention_heads: 16,
    num_hidden_layers: 24,
    hidden_act: "quick_gelu",
    layer_norm_eps: 1e-5,
    projection_dim: 768,
    image_size: 224,
    patch_size: 14,
  });
});

Deno.test("the width of a whole CLIP's projection counts before its towers'", () => {
  const parse = (value: unknown) =>
    parseClipImageConfig(value, { file }).config.projection_dim;
  const vision_config = { projection_dim: 256 };
  assertEquals(parse({ model_type: "clip", vision_config }), 256);
  assertEquals(
    parse({ model_type: "clip", projection_dim: 1024, vision_config }),
    1024,
  );
  assertEquals(parse({ model_type: "clip", vision_config: {} }), 512);
  assertEquals(
    parse({ vision_config: null, vision_config_dict: vision_config }),
    256,
  );
});

Deno.test("stable-diffusion-v1-5's model_index.json is read", () => {
  const index = {
    _class_name: "StableDiffusionPipeline",
    _diffusers_version: "0.6.0",
    feature_extractor: ["transformers", "CLIPImageProcessor"],
    safety_checker: ["stable_diffusion", "StableDiffusionSafetyChecker"],
    scheduler: ["diffusers", "PNDMScheduler"],
    text_encoder: ["transformers", "CLIPTextModel"],
    tokenizer: ["transformers", "CLIPTokenizer"],
    unet: ["diffusers", "UNet2DConditionModel"],
    vae: ["diffusers", "AutoencoderKL"],
  };
  const own = { ...index, _locref: { guidance: 2, steps: 20 } };
  assertEquals(parseModelIndex(index, { file }), { config: {}, warnings: [] });
  assertEquals(parseModelIndex(own, { file }).config, {
    guidance: 2,
    sizes: undefined,
    steps: 20,
  });
});

const token = (content: string) => ({
  __type: "AddedToken",
  content,
  lstrip: false,
  normalized: true,
  rstrip: false,
  single_word: false,
});

const sd15Tokenizer = {
  add_prefix_space: false,
  bos_token: token("<|startoftext|>"),
  do_lower_case: true,
  eos_token: token("<|endoftext|>"),
  errors: "replace",
  model_max_length: 77,
  name_or_path: "openai/clip-vit-large-patch14",
  pad_token: "<|endoftext|>",
  special_tokens_map_file: "./special_tokens_map.json",
  tokenizer_class: "CLIPTokenizer",
  unk_token: token("<|endoftext|>"),
};

Deno.test("stable-diffusion-v1-5's tokenizer is read, tokens as objects or text", () => {
  const config = { value: sd15Tokenizer, place: { file } };
  assertEquals(parseTokenizerConfig(config), {
    config: {
      start: "<|startoftext|>",
      end: "<|endoftext|>",
      pad: "<|endoftext|>",
      unknown: "<|endoftext|>",
      added: [],
      length: 77,
    },
    warnings: [],
  });
});

Deno.test("stable-diffusion-2's tokenizer pads as its map of special tokens says", () => {
  const config = { value: sd15Tokenizer, place: { file } };
  for (const pad_token of ["!", { ...token("!"), normalized: false }]) {
    const map = { value: { pad_token }, place: { file: "map.json" } };
    assertEquals(parseTokenizerConfig(config, map).config.pad, "!");
  }
});

Deno.test("DINOv2 and DINO are read, with the defaults of each", () => {
  const common = {
    attention_probs_dropout_prob: 0.0,
    drop_path_rate: 0.0,
    hidden_act: "gelu",
    hidden_dropout_prob: 0.0,
    hidden_size: 384,
    image_size: 518,
    initializer_range: 0.02,
    layerscale_value: 1.0,
    mlp_ratio: 4,
    model_type: "dinov2",
    num_attention_heads: 6,
    num_channels: 3,
    num_hidden_layers: 12,
    patch_size: 14,
    qkv_bias: true,
    torch_dtype: "float32",
    use_swiglu_ffn: false,
  };
  const dinov2 = parseVitConfig(common, { file });
  assertEquals(dinov2.warnings, []);
  assertEquals(dinov2.config.layer_norm_eps, 1e-6);
  assertEquals(dinov2.config.intermediate_size, 1536);
  const { config } = parseVitConfig({ model_type: "vit" }, { file });
  assertEquals(config.layer_norm_eps, 1e-12);
  assertEquals(config.patch_size, 16);
  assertEquals(config.intermediate_size, 3072);
});
