import { vaeDecoderProgram } from "../../../lib/encoders/vae_decoder.ts";
import { vaeEncoderProgram } from "../../../lib/encoders/vae_encoder.ts";
import { type VaeConfig, vaeFactor } from "../../../lib/encoders/vae_config.ts";
import { listWeights } from "../../../lib/ops/list_weights.ts";

/** Sizes that a pocket VAE is made of. */
export interface VaeSizes {
  /** Channels of each level, the pictures' first. */
  readonly channels: readonly number[];
  readonly latentChannels: number;
  /** Side of the pictures that it is trained on, in pixels. */
  readonly side: number;
}

/** The VAE's config in Hugging Face layout. */
export function vaeConfig(
  { channels, latentChannels, side }: VaeSizes,
): VaeConfig & object {
  const blocks = channels.length;
  return {
    _class_name: "AutoencoderKL",
    act_fn: "silu",
    block_out_channels: channels,
    down_block_types: Array(blocks).fill("DownEncoderBlock2D"),
    in_channels: 3,
    latent_channels: latentChannels,
    layers_per_block: 1,
    mid_block_add_attention: false,
    norm_num_groups: 2,
    out_channels: 3,
    sample_size: side,
    scaling_factor: 1,
    up_block_types: Array(blocks).fill("UpDecoderBlock2D"),
    use_post_quant_conv: true,
    use_quant_conv: true,
  } as VaeConfig & object;
}

/** Names and shapes of a VAE's weights. */
export function vaeShapes(config: VaeConfig): Map<string, readonly number[]> {
  const side = 8 * vaeFactor(config);
  return new Map([
    ...listWeights(vaeEncoderProgram(config, { height: side, width: side })),
    ...listWeights(vaeDecoderProgram(config, { height: 8, width: 8 })),
  ]);
}
