/** Configs of models, found from the shapes of their tensors where no `config.json` is at hand. */

import type { BlipConfig } from "../../encoders/blip_config.ts";
import type { ClipImageConfig } from "../../encoders/clip_image.ts";
import type { ClipTextConfig } from "../../encoders/clip_text.ts";
import type { PocketDetectorConfig } from "../../encoders/pocket_detector.ts";
import type { VaeConfig } from "../../encoders/vae_config.ts";
import { shapesOf, type ShapeSource } from "../../weights/shapes_of.ts";

/** Sizes that cannot be read from shapes change no shape. */
const shapeless = {
  hidden_act: "gelu",
  layer_norm_eps: 1e-5,
  norm_num_groups: 1,
  norm_eps: 1e-5,
} as const;

/** The config of a CLIP text encoder. */
export function inferClipText(source: ShapeSource): ClipTextConfig {
  const { dim, count } = shapesOf(source);
  const embeddings = "text_model.embeddings";
  return {
    ...shapeless,
    hidden_size: dim(`${embeddings}.token_embedding.weight`, 1),
    vocab_size: dim(`${embeddings}.token_embedding.weight`, 0),
    max_position_embeddings: dim(`${embeddings}.position_embedding.weight`, 0),
    intermediate_size: dim("text_model.encoder.layers.0.mlp.fc1.weight", 0),
    num_hidden_layers: count(/^text_model\.encoder\.layers\.(\d+)\./),
    num_attention_heads: 1,
  };
}

/** The config of a CLIP image encoder. */
export function inferClipImage(
  source: ShapeSource,
): ClipImageConfig {
  const { dim, count } = shapesOf(source);
  const embeddings = "vision_model.embeddings";
  const patch = dim(`${embeddings}.patch_embedding.weight`, 2);
  const tokens = dim(`${embeddings}.position_embedding.weight`, 0);
  return {
    ...shapeless,
    hidden_size: dim(`${embeddings}.patch_embedding.weight`, 0),
    patch_size: patch,
    image_size: patch * Math.sqrt(tokens - 1),
    projection_dim: dim("visual_projection.weight", 0),
    intermediate_size: dim("vision_model.encoder.layers.0.mlp.fc1.weight", 0),
    num_hidden_layers: count(/^vision_model\.encoder\.layers\.(\d+)\./),
    num_attention_heads: 1,
  };
}

/** The config of a BLIP captioner. */
export function inferBlip(source: ShapeSource): BlipConfig {
  const { dim, count } = shapesOf(source);
  const image = "vision_model.embeddings";
  const text = "text_decoder.bert";
  const patch = dim(`${image}.patch_embedding.weight`, 2);
  const tokens = dim(`${image}.position_embedding`, 1);
  const vision = {
    ...shapeless,
    hidden_size: dim(`${image}.patch_embedding.weight`, 0),
    patch_size: patch,
    image_size: patch * Math.sqrt(tokens - 1),
    intermediate_size: dim("vision_model.encoder.layers.0.mlp.fc1.weight", 0),
    num_hidden_layers: count(/^vision_model\.encoder\.layers\.(\d+)\./),
    num_attention_heads: 1,
  };
  const words = `${text}.embeddings.word_embeddings.weight`;
  const layer = `${text}.encoder.layer.0`;
  const decoder = {
    ...shapeless,
    vocab_size: dim(words, 0),
    hidden_size: dim(words, 1),
    max_position_embeddings: dim(
      `${text}.embeddings.position_embeddings.weight`,
      0,
    ),
    encoder_hidden_size: dim(`${layer}.crossattention.self.key.weight`, 1),
    intermediate_size: dim(`${layer}.intermediate.dense.weight`, 0),
    num_hidden_layers: count(/^text_decoder\.bert\.encoder\.layer\.(\d+)\./),
    num_attention_heads: 1,
    bos_token_id: 0,
    sep_token_id: 0,
    pad_token_id: 0,
  };
  return { vision_config: vision, text_config: decoder };
}

/** The config of a detector of the pocket family. */
export function inferPocketDetector(source: ShapeSource): PocketDetectorConfig {
  const { dim } = shapesOf(source);
  const classes = dim("logits.weight", 0);
  return {
    image_size: 64,
    channels: [
      dim("conv_in.weight", 0),
      dim("down_quarter.weight", 0),
      dim("down_eighth.weight", 0),
    ],
    norm_num_groups: 1,
    classes: Array.from({ length: classes }, (_, i) => `class ${i}`),
  };
}

/** The config of a VAE. */
export function inferVae(source: ShapeSource): VaeConfig {
  const { dim, has, count } = shapesOf(source);
  const blocks = count(/^encoder\.down_blocks\.(\d+)\./);
  return {
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
    // by any of its tensors, so that one that is left out is missing and the others are not too many
    mid_block_add_attention: count(/^encoder\.mid_block\.attentions\.(\d+)\./) >
      0,
    use_quant_conv: has("quant_conv.weight"),
    use_post_quant_conv: has("post_quant_conv.weight"),
  };
}
