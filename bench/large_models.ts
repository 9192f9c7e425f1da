import {
  type ClipImageConfig,
  clipImageProgram,
} from "../lib/encoders/clip_image.ts";
import {
  type ClipTextConfig,
  clipTextProgram,
} from "../lib/encoders/clip_text.ts";
import type { VaeConfig } from "../lib/encoders/vae_config.ts";
import { vaeDecoderProgram } from "../lib/encoders/vae_decoder.ts";
import type { Program } from "../lib/ops/executor.ts";
import { stableDiffusion15 } from "../lib/bases/sd/stable_diffusion_15.ts";
import { textKeyValueProgram } from "../lib/bases/sd/key_value_programs.ts";
import { unetProgram } from "../lib/bases/sd/unet_program.ts";
import { writeRandomWeights } from "./random_weights.ts";

/** Size of the latents of a 512×512 picture. */
const latents = { height: 64, width: 64 };

/** Stable Diffusion 1.5's VAE. */
export const largeVae: VaeConfig = {
  in_channels: 3,
  out_channels: 3,
  latent_channels: 4,
  block_out_channels: [128, 256, 512, 512],
  layers_per_block: 2,
  norm_num_groups: 32,
  scaling_factor: 0.18215,
};

/** CLIP ViT-H/14, the image encoder of the paper and of IP-Adapter. */
const clipImage: ClipImageConfig = {
  hidden_size: 1280,
  intermediate_size: 5120,
  num_attention_heads: 16,
  num_hidden_layers: 32,
  layer_norm_eps: 1e-5,
  hidden_act: "gelu",
  image_size: 224,
  patch_size: 14,
  projection_dim: 1024,
};

/** CLIP ViT-L/14's text encoder, Stable Diffusion 1.5's. */
export const largeClipText: ClipTextConfig = {
  hidden_size: 768,
  intermediate_size: 3072,
  num_attention_heads: 12,
  num_hidden_layers: 12,
  layer_norm_eps: 1e-5,
  hidden_act: "quick_gelu",
  vocab_size: 49408,
  max_position_embeddings: 77,
};

/** Parts of a large model that are measured alone. */
export type LargePart = "vae" | "clip-image" | "clip-text";

/** The program of a part. */
export function largeProgram(part: LargePart): Program {
  switch (part) {
    case "vae":
      return vaeDecoderProgram(largeVae, latents);
    case "clip-image":
      return clipImageProgram(clipImage);
    case "clip-text":
      return clipTextProgram(largeClipText);
  }
}

/** Where the random weights of a part lie. */
export function largeWeights(part: LargePart | "unet"): string {
  return `.cache/bench/${part}.safetensors`;
}

/** Where the UNet's weights lie in half precision. */
export const unetHalves = ".cache/bench/unet-half.safetensors";

/** Writes the random weights of a UNet of Stable Diffusion 1.5's size, 3.4 GB, once. */
export async function prepareUnet(): Promise<void> {
  await writeRandomWeights(largeWeights("unet"), unetPrograms());
}

/** Writes them once more in half precision, 1.7 GB. */
export async function prepareUnetHalves(): Promise<void> {
  await prepareUnet();
  await writeRandomWeights(unetHalves, unetPrograms(), "F16");
}

function unetPrograms(): Program[] {
  return [
    unetProgram(stableDiffusion15, { size: latents }),
    textKeyValueProgram(stableDiffusion15),
  ];
}

/** Writes the random weights of the VAE's decoder, once. */
export async function prepareVae(): Promise<void> {
  await preparePart("vae");
}

/** Writes the random weights of the image encoder, 2.5 GB, once. */
export async function prepareClipImage(): Promise<void> {
  await preparePart("clip-image");
}

/** Writes the random weights of the text encoder, once. */
export async function prepareClipText(): Promise<void> {
  await preparePart("clip-text");
}

async function preparePart(part: LargePart): Promise<void> {
  await writeRandomWeights(largeWeights(part), [largeProgram(part)]);
}
