import type { Size } from "../../core/geometry.ts";
import type { FeatureSites } from "../places.ts";
import { hasAttention, levelSizes } from "./cross_attention_layers.ts";
import type { UnetConfig } from "./unet_config.ts";

/** Where features of a UNet can be added to, for latents of `size`. */
export function featureSites(config: UnetConfig, size: Size): FeatureSites {
  const { block_out_channels: widths, layers_per_block: layers } = config;
  const sizes = levelSizes(config, size);
  const last = widths.length - 1;
  const skips = [{ channels: widths[0]!, size }];
  const levels = widths.map((channels, level) => {
    for (let i = 0; i < layers; i++) {
      skips.push({ channels, size: sizes[level]! });
    }
    const below = sizes[Math.min(level + 1, last)]!;
    if (level < last) skips.push({ channels, size: below });
    const attends = hasAttention(config.down_block_types[level]!);
    return { level, channels, size: attends ? sizes[level]! : below };
  });
  const middle = {
    index: "mid" as const,
    channels: widths[last]!,
    size: sizes[last]!,
  };
  return {
    skips: [...skips.map((skip, index) => ({ index, ...skip })), middle],
    levels,
  };
}
