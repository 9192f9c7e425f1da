/** `config.json` of an `AutoencoderTiny`, as far as it is used. */
export interface TaesdConfig {
  readonly encoder_block_out_channels: readonly number[];
  readonly decoder_block_out_channels: readonly number[];
  /** Blocks at each level, finest first. */
  readonly num_encoder_blocks: readonly number[];
  /** Blocks at each level, coarsest first. */
  readonly num_decoder_blocks: readonly number[];
  readonly latent_channels: number;
}

/** How many pixels of a picture one latent cell stands for, along each side. */
export function taesdFactor(config: TaesdConfig): number {
  return 2 ** (config.decoder_block_out_channels.length - 1);
}
