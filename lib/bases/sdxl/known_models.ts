import type { KnownModel } from "../base_kind.ts";
import type { UnetConfig } from "../sd/unet_config.ts";
import { unetShape } from "../sd/unet_programs.ts";

/** The UNet of Stable Diffusion XL base 1.0, as its `config.json` has it. */
export const stableDiffusionXlBase: UnetConfig = {
  in_channels: 4,
  out_channels: 4,
  block_out_channels: [320, 640, 1280],
  down_block_types: [
    "DownBlock2D",
    "CrossAttnDownBlock2D",
    "CrossAttnDownBlock2D",
  ],
  up_block_types: ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
  layers_per_block: 2,
  attention_head_dim: [5, 10, 20],
  transformer_layers_per_block: [1, 2, 10],
  cross_attention_dim: 2048,
  norm_num_groups: 32,
  norm_eps: 1e-5,
  use_linear_projection: true,
  addition_time_embed_dim: 256,
  projection_class_embeddings_input_dim: 2816,
  sample_size: 128,
};

/** Published models whose sizes are known without their files. */
export const knownXlModels: readonly KnownModel[] = [{
  name: "sdxl",
  latent: { channels: 4, factor: 8, scale: 0.13025, shift: 0 },
  nativeSize: { height: 1024, width: 1024 },
  sizeStep: 32,
  denoiser: unetShape(stableDiffusionXlBase),
}];
