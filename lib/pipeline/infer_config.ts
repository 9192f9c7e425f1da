/** Configs of models, found from the shapes of their tensors where no `config.json` is at hand. */

import type { ClipImageConfig } from "../encoders/clip_image.ts";
import type { ClipTextConfig } from "../encoders/clip_text.ts";
import type { VaeConfig } from "../encoders/vae_config.ts";
import type { WeightSource } from "../ops/executor.ts";
import type { UnetConfig } from "../unet/unet_config.ts";

/** Names and shapes of a checkpoint. */
export type ShapeSource = Pick<WeightSource, "names" | "info">;

/**
 * A reader of shapes; each answer is a number, `NaN` where the tensor is not there, so that a config
 * made of it can be tested once.
 */
function shapesOf(source: ShapeSource) {
  return {
    dim: (name: string, axis: number) =>
      source.info(name)?.shape[axis] ?? Number.NaN,
    has: (name: string) => source.info(name) !== undefined,
    /** How many different numbers stand where `pattern` has its group. */
    count: (pattern: RegExp) =>
      new Set(
        source.names().flatMap((name) => pattern.exec(name)?.[1] ?? []),
      ).size,
  };
}

/** `config`, or `undefined` where one of its numbers could not be found. */
function complete<C extends object>(config: C): C | undefined {
  const numbers = Object.values(config).flat();
  return numbers.some((value) => Number.isNaN(value)) ? undefined : config;
}

/** Sizes that cannot be read from shapes change no shape. */
const shapeless = {
  hidden_act: "gelu",
  layer_norm_eps: 1e-5,
  norm_num_groups: 1,
  norm_eps: 1e-5,
} as const;

/** The config of a CLIP text encoder. */
export function inferClipText(source: ShapeSource): ClipTextConfig | undefined {
  const { dim, count } = shapesOf(source);
  const embeddings = "text_model.embeddings";
  return complete({
    ...shapeless,
    hidden_size: dim(`${embeddings}.token_embedding.weight`, 1),
    vocab_size: dim(`${embeddings}.token_embedding.weight`, 0),
    max_position_embeddings: dim(`${embeddings}.position_embedding.weight`, 0),
    intermediate_size: dim("text_model.encoder.layers.0.mlp.fc1.weight", 0),
    num_hidden_layers: count(/^text_model\.encoder\.layers\.(\d+)\./),
    num_attention_heads: 1,
  });
}

/** The config of a CLIP image encoder. */
export function inferClipImage(
  source: ShapeSource,
): ClipImageConfig | undefined {
  const { dim, count } = shapesOf(source);
  const embeddings = "vision_model.embeddings";
  const patch = dim(`${embeddings}.patch_embedding.weight`, 2);
  const tokens = dim(`${embeddings}.position_embedding.weight`, 0);
  return complete({
    ...shapeless,
    hidden_size: dim(`${embeddings}.patch_embedding.weight`, 0),
    patch_size: patch,
    image_size: patch * Math.sqrt(tokens - 1),
    projection_dim: dim("visual_projection.weight", 0),
    intermediate_size: dim("vision_model.encoder.layers.0.mlp.fc1.weight", 0),
    num_hidden_layers: count(/^vision_model\.encoder\.layers\.(\d+)\./),
    num_attention_heads: 1,
  });
}

/** The config of a VAE. */
export function inferVae(source: ShapeSource): VaeConfig | undefined {
  const { dim, has, count } = shapesOf(source);
  const blocks = count(/^encoder\.down_blocks\.(\d+)\./);
  return complete({
    ...shapeless,
    in_channels: dim("encoder.conv_in.weight", 1),
    out_channels: dim("decoder.conv_out.weight", 0),
    latent_channels: dim("decoder.conv_in.weight", 1),
    block_out_channels: Array.from(
      { length: blocks },
      (_, i) => dim(`encoder.down_blocks.${i}.resnets.0.conv1.weight`, 0),
    ),
    layers_per_block: count(/^encoder\.down_blocks\.0\.resnets\.(\d+)\./),
    scaling_factor: 1,
    mid_block_add_attention: has(
      "encoder.mid_block.attentions.0.group_norm.weight",
    ),
    use_quant_conv: has("quant_conv.weight"),
    use_post_quant_conv: has("post_quant_conv.weight"),
  });
}

/** The config of a UNet. */
export function inferUnet(source: ShapeSource): UnetConfig | undefined {
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
  return complete({
    ...shapeless,
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
    cross_attention_dim: read ? dim(read, 1) : Number.NaN,
    use_linear_projection:
      source.info("mid_block.attentions.0.proj_in.weight")?.shape.length === 2,
    sample_size: 64,
  });
}
