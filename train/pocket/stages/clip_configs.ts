/** Configs of the pocket CLIP's two towers, in Hugging Face layout. */

/** A vision transformer on 64 × 64 pixels in patches of 8: 65 tokens of width 128. */
export const clipImageConfig = {
  architectures: ["CLIPVisionModelWithProjection"],
  attention_dropout: 0,
  hidden_act: "quick_gelu",
  hidden_size: 128,
  image_size: 64,
  intermediate_size: 384,
  layer_norm_eps: 1e-5,
  model_type: "clip_vision_model",
  num_attention_heads: 4,
  num_channels: 3,
  num_hidden_layers: 4,
  patch_size: 8,
  projection_dim: 64,
} as const;

/** A text transformer on 32 tokens of width 128, over the first 4,096 entries of CLIP's vocabulary. */
export const clipTextConfig = {
  architectures: ["CLIPTextModel"],
  attention_dropout: 0,
  bos_token_id: 4094,
  eos_token_id: 4095,
  hidden_act: "quick_gelu",
  hidden_size: 128,
  intermediate_size: 384,
  layer_norm_eps: 1e-5,
  max_position_embeddings: 32,
  model_type: "clip_text_model",
  num_attention_heads: 4,
  num_hidden_layers: 3,
  pad_token_id: 4095,
  projection_dim: 64,
  vocab_size: 4096,
} as const;
