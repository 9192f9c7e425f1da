import type { Size } from "../../core/geometry.ts";
import type { AttentionLayers, AttentionSite } from "../places.ts";
import { crossAttentionLayers, levelSizes } from "./cross_attention_layers.ts";
import { featureSites } from "./feature_sites.ts";
import { normSites } from "./norm_sites.ts";
import { headsAt, type UnetConfig } from "./unet_config.ts";

/**
 * All attention layers of a UNet for latents of `size`, each self-attention before the
 * cross-attention of its block.
 */
export function attentionSites(
  config: UnetConfig,
  size: Size,
): AttentionSite[] {
  const sizes = levelSizes(config, size);
  return crossAttentionLayers(config).flatMap(
    ({ path, width, level }, layer) => {
      const heads = headsAt(config, level);
      const at = { layer, width, heads, level, size: sizes[level]! };
      return [
        { ...at, kind: "self", path: path.replace(/attn2$/, "attn1") },
        { ...at, kind: "cross", path },
      ] as const;
    },
  );
}

/** All attention of a UNet, and its skips. */
export function attentionLayers(config: UnetConfig): AttentionLayers {
  return {
    textWidth: config.cross_attention_dim,
    places: (size) => ({
      size,
      sites: attentionSites(config, size),
      ...featureSites(config, size),
      norms: normSites(config),
    }),
  };
}
