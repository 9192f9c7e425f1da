import type { Size } from "../../core/geometry.ts";
import { depthAt, middleAttends, type UnetConfig } from "./unet_config.ts";

/** One cross-attention layer of a UNet: where it is and how wide. */
export interface CrossAttentionLayer {
  /** Place in the list of diffusers' `attn_processors`, odd: 1, 3, … (even ones are self-attention). */
  readonly index: number;
  /** Name of the attention in the checkpoint, such as `down_blocks.0.attentions.0.transformer_blocks.0.attn2`. */
  readonly path: string;
  /** Width of queries, keys and values. */
  readonly width: number;
  /** How often the latent was halved before. */
  readonly level: number;
}

/** All cross-attention layers in the order of diffusers' `attn_processors`: down, up, mid last. */
export function crossAttentionLayers(
  config: UnetConfig,
): CrossAttentionLayer[] {
  const found: Omit<CrossAttentionLayer, "index">[] = [];
  const collect = (block: string, attentions: number, level: number) => {
    for (let i = 0; i < attentions; i++) {
      for (let j = 0; j < depthAt(config, level); j++) {
        const path = `${block}.attentions.${i}.transformer_blocks.${j}.attn2`;
        found.push({ path, width: config.block_out_channels[level]!, level });
      }
    }
  };
  const last = config.block_out_channels.length - 1;
  for (const [i, type] of config.down_block_types.entries()) {
    if (hasAttention(type)) {
      collect(`down_blocks.${i}`, config.layers_per_block, i);
    }
  }
  for (const [i, type] of config.up_block_types.entries()) {
    if (hasAttention(type)) {
      collect(`up_blocks.${i}`, config.layers_per_block + 1, last - i);
    }
  }
  if (middleAttends(config)) collect("mid_block", 1, last);
  return found.map((layer, i) => ({ index: 2 * i + 1, ...layer }));
}

/** Whether blocks of this `type` (a name from the config) have cross-attention. */
export function hasAttention(type: string): boolean {
  return type.startsWith("CrossAttn");
}

/** Sizes of the latent at every level, from `size` at level 0 down. */
export function levelSizes(config: UnetConfig, size: Size): Size[] {
  const sizes = [size];
  for (let level = 1; level < config.block_out_channels.length; level++) {
    const { height, width } = sizes[level - 1]!;
    sizes.push({ height: Math.ceil(height / 2), width: Math.ceil(width / 2) });
  }
  return sizes;
}

/** Sizes at which a UNet attends to text, finest first: what masks are needed for. */
export function attentionSizes(config: UnetConfig, size: Size): Size[] {
  const levels = new Set(
    crossAttentionLayers(config).map((layer) => layer.level),
  );
  return levelSizes(config, size).filter((_, level) => levels.has(level));
}
