import type { TaesdSettings } from "../../weights/configs/taesd_config.ts";

/** `config.json` of an `AutoencoderTiny`, as far as it is used. */
export type TaesdConfig = TaesdSettings;

/** How many pixels of a picture one latent cell stands for, along each side. */
export function taesdFactor(config: TaesdConfig): number {
  return 2 ** (config.decoder_block_out_channels.length - 1);
}
