/** `config.json` of a `BlipForConditionalGeneration`, as far as it is used. */
export interface BlipConfig {
  readonly vision_config: BlipVisionConfig;
  readonly text_config: BlipTextConfig;
}

/** Sizes of BLIP's image encoder. */
export interface BlipVisionConfig {
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_attention_heads: number;
  readonly num_hidden_layers: number;
  /** Side of the square input, in pixels. */
  readonly image_size: number;
  readonly patch_size: number;
  readonly layer_norm_eps: number;
}

/** Sizes of BLIP's text decoder. */
export interface BlipTextConfig {
  readonly hidden_size: number;
  /** Width of the image features. */
  readonly encoder_hidden_size: number;
  readonly intermediate_size: number;
  readonly num_attention_heads: number;
  readonly num_hidden_layers: number;
  readonly vocab_size: number;
  readonly max_position_embeddings: number;
  readonly layer_norm_eps: number;
  /** Token that every caption begins with. */
  readonly bos_token_id: number;
  /** Token that ends a caption. */
  readonly sep_token_id: number;
  readonly pad_token_id: number;
}
