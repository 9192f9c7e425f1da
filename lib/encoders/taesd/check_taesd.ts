import { LocRefError } from "../../core/error.ts";
import { quote } from "../../core/quote.ts";
import { listWeights } from "../../ops/list_weights.ts";
import type { ModelPart } from "../../weights/open_part.ts";
import { checkWeights } from "../../weights/safetensors/check_weights.ts";
import { type TaesdConfig, taesdFactor } from "./taesd_config.ts";
import { type TaesdSide, taesdSides } from "./infer_taesd.ts";
import { taesdDecoderProgram } from "./taesd_decoder.ts";
import { taesdEncoderProgram } from "./taesd_encoder.ts";

/**
 * Compares a tiny VAE with its programs, and with the latents that it shall decode. Reads no values.
 *
 * @throws {LocRefError} `checkpoint-mismatch`, naming what does not fit.
 */
export function checkTaesd(
  { config, weights, folder }: ModelPart<TaesdConfig>,
  latent: { readonly channels: number; readonly factor: number },
): void {
  const factor = taesdFactor(config);
  checkWeights(taesdWeights(config), weights, {
    file: `Tiny VAE ${quote(folder)}`,
  });
  const { latent_channels: channels } = config;
  if (channels === latent.channels && factor === latent.factor) return;
  throw new LocRefError(
    "checkpoint-mismatch",
    `Tiny VAE ${
      quote(folder)
    } decodes ${channels} channels at ${factor} pixels a cell, but the model's latents have ${latent.channels} at ${latent.factor}`,
  );
}

/** The weights of a tiny VAE's networks, with their shapes. */
export function taesdWeights(
  config: TaesdConfig,
  sides: readonly TaesdSide[] = taesdSides,
): Map<string, readonly number[]> {
  const factor = taesdFactor(config);
  const programs = {
    decoder: () => taesdDecoderProgram(config, { height: 1, width: 1 }),
    encoder: () =>
      taesdEncoderProgram(config, { height: factor, width: factor }),
  };
  return new Map(sides.flatMap((side) => [...listWeights(programs[side]())]));
}
