/** `config.json` of a tiny VAE, as diffusers' `AutoencoderTiny` reads it (0.42). */

import * as v from "valibot";
import { flag, inertFields, only, whole, wholeList } from "./model_fields.ts";
import {
  type ConfigPlace,
  type Misfit,
  parseConfig,
  type Parsed,
} from "./parse_config.ts";

const rgb = "pictures are red, green and blue here";
const widths = wholeList({ from: 1, to: 4096, least: 1, most: 8 });
const counts = wholeList({ from: 0, to: 64, least: 1, most: 8 });
const usualWidths = [64, 64, 64, 64];

const entries = {
  _class_name: v.optional(only(["AutoencoderTiny"])),
  in_channels: v.optional(only([3], rgb), 3),
  out_channels: v.optional(only([3], rgb), 3),
  encoder_block_out_channels: v.optional(widths, usualWidths),
  decoder_block_out_channels: v.optional(widths, usualWidths),
  act_fn: v.optional(only(["relu"])),
  upsample_fn: v.optional(only(["nearest"])),
  latent_channels: v.optional(whole(1, 256), 4),
  upsampling_scaling_factor: v.optional(only([2])),
  num_encoder_blocks: v.optional(counts, [1, 3, 3, 3]),
  num_decoder_blocks: v.optional(counts, [3, 3, 3, 1]),
  scaling_factor: v.optional(only([1], "latents are the UNet's own")),
  shift_factor: v.optional(only([0, null], "latents are the UNet's own")),
  force_upcast: v.optional(flag),
  // the way of latents through a picture of eight bits, and a list of both sides' widths
  ...inertFields(["latent_magnitude", "latent_shift", "block_out_channels"]),
};

type Fields = v.InferOutput<v.ObjectSchema<typeof entries, undefined>>;

/** No layer changes the width, and every level has its number of blocks. */
function sideMisfits(side: "encoder" | "decoder", found: Fields): Misfit[] {
  const widthKey = `${side}_block_out_channels` as const;
  const countKey = `num_${side}_blocks` as const;
  const { [widthKey]: widths, [countKey]: counts } = found;
  const misfits: Misfit[] = [];
  if (widths.some((width) => width !== widths[0])) {
    const rule = "must hold the same width for every level";
    misfits.push({ key: widthKey, value: widths, rule });
  }
  if (counts.length !== widths.length) {
    const rule =
      `must have one entry for each of the ${widths.length} levels of ${widthKey}`;
    misfits.push({ key: countKey, value: counts, rule });
  }
  return misfits;
}

/** The settings of a tiny VAE, complete. */
export interface TaesdSettings {
  readonly encoder_block_out_channels: readonly number[];
  readonly decoder_block_out_channels: readonly number[];
  /** Blocks at each level, finest first. */
  readonly num_encoder_blocks: readonly number[];
  /** Blocks at each level, coarsest first. */
  readonly num_decoder_blocks: readonly number[];
  readonly latent_channels: number;
}

/**
 * Checks the config of a tiny VAE and fills in diffusers' defaults.
 *
 * @throws {LocRefError} `config-invalid`, naming file, key and value.
 */
export function parseTaesdConfig(
  value: unknown,
  place: ConfigPlace,
): Parsed<TaesdSettings> {
  const { config, warnings } = parseConfig(entries, value, place, {
    misfits: (found) => [
      ...sideMisfits("encoder", found),
      ...sideMisfits("decoder", found),
    ],
  });
  return {
    config: {
      encoder_block_out_channels: config.encoder_block_out_channels,
      decoder_block_out_channels: config.decoder_block_out_channels,
      num_encoder_blocks: config.num_encoder_blocks,
      num_decoder_blocks: config.num_decoder_blocks,
      latent_channels: config.latent_channels,
    },
    warnings,
  };
}
