import type { WeightSource } from "../../ops/executor.ts";
import type { ControlnetConfig } from "./controlnet_config.ts";

/** Width of one head in the models whose number of heads is not 8 everywhere. */
const headWidth = 64;
/** Width of SD 1.x's text, whose attention has 8 heads at every level. */
const firstTextWidth = 768;

/**
 * The config of a ControlNet in a single file, from the shapes of its weights under the names of
 * diffusers. Heads and groups are not in the shapes: they are those of the family.
 */
export function inferControlnetConfig(weights: WeightSource): ControlnetConfig {
  const names = weights.names();
  const dim = (name: string, axis: number) => weights.info(name)?.shape[axis];
  const count = (pattern: RegExp) =>
    new Set(names.flatMap((name) => pattern.exec(name)?.[1] ?? [])).size;
  const levels = [...Array(count(/^down_blocks\.(\d+)\./)).keys()];
  const channels = levels.map((i) =>
    dim(`down_blocks.${i}.resnets.0.conv1.weight`, 0)!
  );
  const attends = (block: string) =>
    names.some((name) => name.startsWith(`${block}.attentions.`));
  const layersIn = (block: string) =>
    count(
      new RegExp(
        `^${block}\\.attentions\\.0\\.transformer_blocks\\.(\\d+)\\.`,
      ),
    );
  const key = names.find((name) => name.endsWith("attn2.to_k.weight"));
  const added = dim("add_embedding.linear_1.weight", 1) ?? null;
  const text = key === undefined
    ? added === null ? firstTextWidth : 2048
    : dim(key, 1)!;
  const projection = names.find((name) => name.endsWith("proj_in.weight"));
  return {
    in_channels: dim("conv_in.weight", 1)!,
    out_channels: dim("conv_in.weight", 1)!,
    block_out_channels: channels,
    down_block_types: levels.map((i) =>
      attends(`down_blocks.${i}`) ? "CrossAttnDownBlock2D" : "DownBlock2D"
    ),
    up_block_types: [],
    mid_block_type: attends("mid_block")
      ? "UNetMidBlock2DCrossAttn"
      : "UNetMidBlock2D",
    layers_per_block: count(/^down_blocks\.0\.resnets\.(\d+)\./),
    attention_head_dim: text === firstTextWidth
      ? 8
      : channels.map((width) => Math.max(1, width / headWidth)),
    transformer_layers_per_block: levels.map((i) => {
      const middle = i === levels.length - 1 && attends("mid_block");
      if (middle) return layersIn("mid_block");
      const block = `down_blocks.${i}`;
      return attends(block) ? layersIn(block) : 1;
    }),
    cross_attention_dim: text,
    norm_num_groups: 32,
    norm_eps: 1e-5,
    use_linear_projection: projection !== undefined &&
      weights.info(projection)!.shape.length === 2,
    addition_time_embed_dim: added === null ? null : 256,
    projection_class_embeddings_input_dim: added,
    sample_size: 64,
    conditioning_channels: dim("controlnet_cond_embedding.conv_in.weight", 1)!,
    conditioning_embedding_out_channels: hintWidths(dim),
    controlnet_conditioning_channel_order: "rgb",
    global_pool_conditions: false,
  };
}

function hintWidths(
  dim: (name: string, axis: number) => number | undefined,
): number[] {
  const part = "controlnet_cond_embedding";
  const widths = [dim(`${part}.conv_in.weight`, 0)!];
  for (let i = 1;; i += 2) {
    const width = dim(`${part}.blocks.${i}.weight`, 0);
    if (width === undefined) return widths;
    widths.push(width);
  }
}
