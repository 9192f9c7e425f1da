import type { UnetConfig } from "../../bases/sd/unet_config.ts";

/** `config.json` of a `ControlNetModel`, as far as it is used: half a UNet, and how its picture is read. */
export interface ControlnetConfig extends UnetConfig {
  /** Channels of the control picture. */
  readonly conditioning_channels: number;
  /** Widths of the convolutions that bring the picture to the latents' size. */
  readonly conditioning_embedding_out_channels: readonly number[];
  /** Order of the picture's channels. */
  readonly controlnet_conditioning_channel_order: "rgb" | "bgr";
  /** Whether residuals are averaged over the picture, as in the shuffle ControlNet. */
  readonly global_pool_conditions: boolean;
}

/** Pixels of the control picture along a side of one latent cell: each width but the first halves it. */
export function hintFactor(
  { conditioning_embedding_out_channels: widths }: ControlnetConfig,
): number {
  return 2 ** (widths.length - 1);
}
