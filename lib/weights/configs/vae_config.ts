/** `config.json` of a VAE, as diffusers' `AutoencoderKL` reads it (0.42). */

import * as v from "valibot";
import {
  flag,
  inertFields,
  nameList,
  only,
  real,
  whole,
  wholeList,
} from "./model_fields.ts";
import {
  type ConfigPlace,
  type Misfit,
  parseConfig,
  type Parsed,
} from "./parse_config.ts";

const rgb = "pictures are red, green and blue here";
const plainLatents = "latents are scaled by scaling_factor alone here";

const entries = {
  _class_name: v.optional(only(["AutoencoderKL"])),
  in_channels: v.optional(only([3], rgb), 3),
  out_channels: v.optional(only([3], rgb), 3),
  down_block_types: v.optional(nameList(["DownEncoderBlock2D"], 8), [
    "DownEncoderBlock2D",
  ]),
  up_block_types: v.optional(nameList(["UpDecoderBlock2D"], 8), [
    "UpDecoderBlock2D",
  ]),
  block_out_channels: v.optional(
    wholeList({ from: 1, to: 8192, least: 1, most: 8 }),
    [64],
  ),
  layers_per_block: v.optional(whole(1, 16), 1),
  act_fn: v.optional(only(["silu", "swish"])),
  latent_channels: v.optional(whole(1, 256), 4),
  norm_num_groups: v.optional(whole(1, 1024), 32),
  scaling_factor: v.optional(real(0.001, 1000), 0.18215),
  shift_factor: v.optional(only([null, 0], plainLatents)),
  latents_mean: v.optional(only([null], plainLatents)),
  latents_std: v.optional(only([null], plainLatents)),
  use_quant_conv: v.optional(flag, true),
  use_post_quant_conv: v.optional(flag, true),
  mid_block_add_attention: v.optional(flag, true),
  quantization_config: v.optional(only([null])),
  force_upcast: v.optional(flag, true),
  ...inertFields(["sample_size"]), // the size of tiles
};

/** The settings of a VAE, complete. */
export interface VaeSettings {
  readonly in_channels: number;
  readonly out_channels: number;
  readonly latent_channels: number;
  readonly block_out_channels: readonly number[];
  readonly layers_per_block: number;
  readonly norm_num_groups: number;
  readonly scaling_factor: number;
  readonly mid_block_add_attention: boolean;
  readonly use_quant_conv: boolean;
  readonly use_post_quant_conv: boolean;
  /** Only where it is `false`: half precision is enough. */
  readonly force_upcast?: false;
}

/**
 * Checks the config of a VAE and fills in diffusers' defaults.
 *
 * @throws {LocRefError} `config-invalid`, naming file, key and value.
 */
export function parseVaeConfig(
  value: unknown,
  place: ConfigPlace,
): Parsed<VaeSettings> {
  const { config, warnings } = parseConfig(entries, value, place, { misfits });
  return {
    config: {
      in_channels: config.in_channels,
      out_channels: config.out_channels,
      latent_channels: config.latent_channels,
      block_out_channels: config.block_out_channels,
      layers_per_block: config.layers_per_block,
      norm_num_groups: config.norm_num_groups,
      scaling_factor: config.scaling_factor,
      mid_block_add_attention: config.mid_block_add_attention,
      use_quant_conv: config.use_quant_conv,
      use_post_quant_conv: config.use_post_quant_conv,
      ...(!config.force_upcast && { force_upcast: false }),
    },
    warnings,
  };
}

type VaeFields = v.InferOutput<v.ObjectSchema<typeof entries, undefined>>;

function misfits(config: VaeFields): Misfit[] {
  const { block_out_channels: channels, norm_num_groups: groups } = config;
  const found: Misfit[] = [];
  const check = (key: keyof VaeFields, fits: boolean, rule: string) => {
    if (!fits) found.push({ key, value: config[key], rule });
  };
  const each =
    `must have one entry for each of the ${channels.length} levels of block_out_channels`;
  for (const key of ["down_block_types", "up_block_types"] as const) {
    check(key, config[key].length === channels.length, each);
  }
  check(
    "block_out_channels",
    channels.every((one) => one % groups === 0),
    `must hold multiples of norm_num_groups, which is ${groups}`,
  );
  return found;
}
