/** Configs of the pocket CLIP's two towers, in Hugging Face layout. */

/** A vision transformer on pictures of `side` pixels, with `across` tokens of width 128 a side. */
export function clipImageConfig(side: number, across = 8) {
  return { ...imageConfig, image_size: side, patch_size: side / across };
}

const imageConfig = {
  architectures: ["CLIPVisionModelWithProjection"],
  attention_dropout: 0,
  hidden_act: "quick_gelu",
  hidden_size: 128,
  intermediate_size: 384,
  layer_norm_eps: 1e-5,
  model_type: "clip_vision_model",
  num_attention_heads: 4,
  num_channels: 3,
  num_hidden_layers: 4,
  projection_dim: 64,
} as const;

/** A text transformer on 48 tokens of width 128, over the first 4,096 entries of CLIP's vocabulary. */
export const clipTextConfig = {
  architectures: ["CLIPTextModel"],
  attention_dropout: 0,
  bos_token_id: 4094,
  eos_token_id: 4095,
  hidden_act: "quick_gelu",
  hidden_size: 128,
  intermediate_size: 384,
  layer_norm_eps: 1e-5,
  max_position_embeddings: 48,
  model_type: "clip_text_model",
  num_attention_heads: 4,
  num_hidden_layers: 3,
  pad_token_id: 4095,
  projection_dim: 64,
  vocab_size: 4096,
} as const;
