import { shapesOf, type ShapeSource } from "../../weights/shapes_of.ts";
import type { UnetConfig } from "./unet_config.ts";

/** Width of the sinusoids of each size in SDXL, which no shape shows. */
const usualSizeWidth = 256;

/** Widths of what is added to the time. */
function additions(
  { dim, has }: ReturnType<typeof shapesOf>,
): Partial<UnetConfig> {
  const added = "add_embedding.linear_1.weight";
  const guidance = "time_embedding.cond_proj.weight";
  return {
    ...(has(added) && {
      addition_time_embed_dim: usualSizeWidth,
      projection_class_embeddings_input_dim: dim(added, 1),
    }),
    ...(has(guidance) && { time_cond_proj_dim: dim(guidance, 1) }),
  };
}

/** The config of a UNet from its tensors, in which groups and heads do not show. */
export function inferUnet(source: ShapeSource): UnetConfig {
  const { dim, has, count } = shapesOf(source);
  const levels = count(/^down_blocks\.(\d+)\./);
  const indices = [...Array(levels).keys()];
  const read = source.names().find((name) => /attn2\.to_k\.weight$/.test(name));
  const types = (way: "Down" | "Up") =>
    indices.map((i) =>
      has(`${way.toLowerCase()}_blocks.${i}.attentions.0.norm.weight`)
        ? `CrossAttn${way}Block2D`
        : `${way}Block2D`
    );
  const depth = (i: number) =>
    count(
      new RegExp(
        `^down_blocks\\.${i}\\.attentions\\.0\\.transformer_blocks\\.(\\d+)\\.`,
      ),
    );
  const deepest = count(
    /^mid_block\.attentions\.0\.transformer_blocks\.(\d+)\./,
  );
  return {
    norm_num_groups: 1,
    norm_eps: 1e-5,
    in_channels: dim("conv_in.weight", 1),
    out_channels: dim("conv_out.weight", 0),
    block_out_channels: indices.map((i) =>
      dim(`down_blocks.${i}.resnets.0.conv1.weight`, 0)
    ),
    down_block_types: types("Down"),
    up_block_types: types("Up"),
    layers_per_block: count(/^down_blocks\.0\.resnets\.(\d+)\./),
    attention_head_dim: 1,
    transformer_layers_per_block: indices.map((i) => depth(i) || deepest || 1),
    cross_attention_dim: dim(read ?? "attn2.to_k.weight", 1),
    use_linear_projection:
      source.info("mid_block.attentions.0.proj_in.weight")?.shape.length === 2,
    ...additions(shapesOf(source)),
    sample_size: 64,
  };
}
