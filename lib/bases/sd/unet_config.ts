import type { SquareFit } from "../../weights/square_fit.ts";
import { maskChannels } from "../../weights/unet_channels.ts";

/** `config.json` of a `UNet2DConditionModel`, as far as it is used. */
export interface UnetConfig {
  /** Channels that a step is given: latents, or latents with a mask. */
  readonly in_channels: number;
  /** Octaves of the coordinates that the UNet sees beside its input. @default {0, none} */
  readonly coordinates?: number;
  /** How latents of another shape lie in the square of the coordinates. @default {"stretch"} */
  readonly coordinateFit?: SquareFit;
  readonly out_channels: number;
  readonly block_out_channels: readonly number[];
  readonly down_block_types: readonly string[];
  readonly up_block_types: readonly string[];
  readonly layers_per_block: number;
  /** `UNetMidBlock2D` is one resnet without attention, as in small ControlNets. @default {`UNetMidBlock2DCrossAttn`} */
  readonly mid_block_type?: string;
  /** Number of heads in spite of its name, in SD 1.5's config; one a level where it is a list. */
  readonly attention_head_dim: number | readonly number[];
  readonly transformer_layers_per_block?: number | readonly number[];
  /** Width of the text tokens. */
  readonly cross_attention_dim: number;
  readonly norm_num_groups: number;
  readonly norm_eps: number;
  readonly use_linear_projection?: boolean;
  readonly flip_sin_to_cos?: boolean;
  readonly freq_shift?: number;
  /** Width of the sinusoids of each of SDXL's six sizes; absent or null: none are read. */
  readonly addition_time_embed_dim?: number | null;
  /** Width of the pooled text and of the sizes' sinusoids together, in SDXL. */
  readonly projection_class_embeddings_input_dim?: number | null;
  /** Width of the sinusoids of the guidance, in a UNet that was distilled with it (LCM). */
  readonly time_cond_proj_dim?: number | null;
  /** Side of the latents that the model was trained on. */
  readonly sample_size: number;
}

/** Number of attention heads at `level`, counted from the finest. */
export function headsAt(config: UnetConfig, level: number): number {
  return pick(config.attention_head_dim, level);
}

/** Number of transformer layers in one attention block at `level`. */
export function depthAt(config: UnetConfig, level: number): number {
  return pick(config.transformer_layers_per_block ?? 1, level);
}

/** Whether the middle block attends to text. */
export function middleAttends({ mid_block_type: type }: UnetConfig): boolean {
  return type !== "UNetMidBlock2D";
}

/** Whether a UNet reads a pooled text and sizes, as SDXL's does. */
export function readsSizes(config: UnetConfig): boolean {
  return Boolean(config.projection_class_embeddings_input_dim);
}

/** Width of the time embedding. */
export function timeWidth(config: UnetConfig): number {
  return 4 * config.block_out_channels[0]!;
}

function pick(value: number | readonly number[], level: number): number {
  return typeof value === "number" ? value : value[level]!;
}

/** Whether a UNet reads a mask and the kept picture behind the latents. */
export function readsMask(
  { in_channels: reads, out_channels: latents }: UnetConfig,
): boolean {
  return reads === maskChannels(latents);
}
