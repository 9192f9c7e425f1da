import type { Size } from "../core/geometry.ts";

/** `config.json` of an `AutoencoderKL`, as far as it is used. */
export interface VaeConfig {
  readonly in_channels: number;
  readonly out_channels: number;
  readonly latent_channels: number;
  readonly block_out_channels: readonly number[];
  readonly layers_per_block: number;
  readonly norm_num_groups: number;
  /** Factor that latents are multiplied by before the UNet sees them. */
  readonly scaling_factor: number;
  readonly mid_block_add_attention?: boolean;
  readonly use_quant_conv?: boolean;
  readonly use_post_quant_conv?: boolean;
  /** Whether it needs float32 where everything else is in half precision. @default {true} */
  readonly force_upcast?: boolean;
}

/** How many pixels of a picture one latent cell stands for, along each side. */
export function vaeFactor(config: VaeConfig): number {
  return 2 ** (config.block_out_channels.length - 1);
}

/** Tensors of the decoder's last level that are alive at once. */
const aliveTensors = 3;

/**
 * Memory that decoding takes at its peak, in bytes: some tensors of the last level, or the scores of
 * attention over all latent cells, whichever is more.
 *
 * @param size of the latents, in cells.
 */
export function decodingMemory(config: VaeConfig, size: Size): number {
  const cells = size.height * size.width;
  const pixels = cells * vaeFactor(config) ** 2;
  const [finest, next = finest] = config.block_out_channels;
  const last = aliveTensors * pixels * Math.max(finest!, next!) * 4;
  const attends = config.mid_block_add_attention ?? true;
  return Math.max(last, attends ? cells ** 2 * 4 : 0);
}

/** The epsilon of every group norm in the VAE. */
export const vaeEpsilon = 1e-6;

const oldNames: readonly [RegExp, string][] = [
  [/\.query\./, ".to_q."],
  [/\.key\./, ".to_k."],
  [/\.value\./, ".to_v."],
  [/\.proj_attn\./, ".to_out.0."],
];

/** Today's name of a VAE weight that a checkpoint holds under its name of before 2023. */
export function currentVaeName(name: string): string {
  if (!name.includes(".attentions.")) return name;
  for (const [old, current] of oldNames) name = name.replace(old, current);
  return name;
}
