import type { KnownModel } from "../base_kind.ts";
import type { UnetConfig } from "./unet_config.ts";
import { unetShape } from "./unet_programs.ts";

/** The UNet of Stable Diffusion 1.5, as its `config.json` has it. */
export const stableDiffusion15: UnetConfig = {
  in_channels: 4,
  out_channels: 4,
  block_out_channels: [320, 640, 1280, 1280],
  down_block_types: [
    "CrossAttnDownBlock2D",
    "CrossAttnDownBlock2D",
    "CrossAttnDownBlock2D",
    "DownBlock2D",
  ],
  up_block_types: [
    "UpBlock2D",
    "CrossAttnUpBlock2D",
    "CrossAttnUpBlock2D",
    "CrossAttnUpBlock2D",
  ],
  layers_per_block: 2,
  attention_head_dim: 8,
  cross_attention_dim: 768,
  norm_num_groups: 32,
  norm_eps: 1e-5,
  sample_size: 64,
};

/** Published models whose sizes are known without their files. */
export const knownModels: readonly KnownModel[] = [{
  name: "sd15",
  latent: { channels: 4, factor: 8, scale: 0.18215, shift: 0 },
  nativeSize: { height: 512, width: 512 },
  sizeStep: 64,
  denoiser: unetShape(stableDiffusion15),
}];
