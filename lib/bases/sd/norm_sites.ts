import type { NormSites } from "../places.ts";
import { crossAttentionLayers } from "./cross_attention_layers.ts";
import { middleAttends, type UnetConfig } from "./unet_config.ts";

/**
 * The group norms of a UNet: two in each residual block, one in each transformer, one before the last
 * convolution.
 *
 * @param shallow Whether only the last layer of the last block runs, on deep features.
 */
export function normSites(config: UnetConfig, shallow = false): NormSites {
  const { layers_per_block: layers, norm_num_groups: groups } = config;
  const { length: down } = config.down_block_types;
  const { length: up } = config.up_block_types;
  const transformers = new Set(
    crossAttentionLayers(config).map(({ path }) =>
      path.replace(/\.transformer_blocks\..*$/, "")
    ),
  );
  const middle = middleAttends(config) ? 2 : 1;
  const blocks = layers * down + middle + (layers + 1) * up;
  const count = 2 * blocks + transformers.size + 1;
  const last = transformers.has(`up_blocks.${up - 1}.attentions.${layers}`)
    ? 4
    : 3;
  return { count, groups, first: shallow ? count - last : 0 };
}
