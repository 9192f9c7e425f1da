/** `config.json` of a UNet, as diffusers' `UNet2DConditionModel` reads it (0.42). */

import * as v from "valibot";
import {
  field,
  first,
  flag,
  inertFields,
  nameList,
  only,
  positive,
  real,
  whole,
  wholeByLevel,
  wholeForAll,
  wholeList,
} from "./model_fields.ts";
import {
  type ConfigPlace,
  type Misfit,
  parseConfig,
  type Parsed,
} from "./parse_config.ts";

const downBlocks = ["CrossAttnDownBlock2D", "DownBlock2D"] as const;
const upBlocks = ["CrossAttnUpBlock2D", "UpBlock2D"] as const;

/** Side of latents where a config names none: that of Stable Diffusion 1. */
const usualSize = 64;

const falseForAll = field<false>(
  (value) =>
    value === false ||
    Array.isArray(value) && value.every((one) => one === false),
  "must be false",
);

const size = field<number | readonly number[] | null>(
  (value) =>
    value === null || v.is(whole(1, 4096), value) ||
    Array.isArray(value) && value.length === 2 && value[0] === value[1] &&
      v.is(whole(1, 4096), value[0]),
  "must be a whole number from 1 to 4096, of a square",
);

/** Fields that shape the UNet, with the library's defaults. */
const shape = {
  sample_size: v.optional(size, null),
  in_channels: v.optional(whole(1, 256), 4),
  out_channels: v.optional(whole(1, 256), 4),
  flip_sin_to_cos: v.optional(flag, true),
  freq_shift: v.optional(real(0, 4096), 0),
  down_block_types: v.optional(nameList(downBlocks, 8), [
    "CrossAttnDownBlock2D",
    "CrossAttnDownBlock2D",
    "CrossAttnDownBlock2D",
    "DownBlock2D",
  ]),
  up_block_types: v.optional(nameList(upBlocks, 8), [
    "UpBlock2D",
    "CrossAttnUpBlock2D",
    "CrossAttnUpBlock2D",
    "CrossAttnUpBlock2D",
  ]),
  block_out_channels: v.optional(
    wholeList({ from: 2, to: 8192, least: 1, most: 8 }),
    [320, 640, 1280, 1280],
  ),
  layers_per_block: v.optional(wholeForAll(1, 16), 2),
  norm_num_groups: v.optional(whole(1, 1024), 32),
  norm_eps: v.optional(positive(0.1), 1e-5),
  cross_attention_dim: v.optional(wholeForAll(1, 16384), 1280),
  transformer_layers_per_block: v.optional(wholeByLevel(1, 32), 1),
  attention_head_dim: v.optional(wholeByLevel(1, 1024), 8),
  use_linear_projection: v.optional(flag, false),
};

/** Fields with one supported value: others make another function of the UNet. */
const fixed = {
  _class_name: v.optional(only(["UNet2DConditionModel"])),
  center_input_sample: v.optional(only([false])),
  mid_block_type: v.optional(only(["UNetMidBlock2DCrossAttn"])),
  only_cross_attention: v.optional(falseForAll),
  mid_block_only_cross_attention: v.optional(only([null, false])),
  downsample_padding: v.optional(only([1])),
  mid_block_scale_factor: v.optional(only([1])),
  act_fn: v.optional(only(["silu", "swish"])),
  reverse_transformer_layers_per_block: v.optional(only([null])),
  encoder_hid_dim: v.optional(only([null])),
  encoder_hid_dim_type: v.optional(only([null])),
  num_attention_heads: v.optional(
    only([null], "diffusers reads it from attention_head_dim"),
  ),
  dual_cross_attention: v.optional(only([false])),
  class_embed_type: v.optional(only([null], "classes are not an input here")),
  num_class_embeds: v.optional(only([null], "classes are not an input here")),
  class_embeddings_concat: v.optional(only([false])),
  addition_embed_type: v.optional(
    only([null], "a UNet of the XL kind reads more than one text"),
  ),
  resnet_time_scale_shift: v.optional(only(["default"])),
  resnet_skip_time_act: v.optional(only([false])),
  resnet_out_scale_factor: v.optional(only([1])),
  time_embedding_type: v.optional(only(["positional"])),
  time_embedding_dim: v.optional(v.nullable(whole(1, 65536))),
  time_embedding_act_fn: v.optional(only([null])),
  timestep_post_act: v.optional(only([null])),
  time_cond_proj_dim: v.optional(
    only([null], "a UNet of the LCM kind reads the guidance too"),
  ),
  conv_in_kernel: v.optional(only([3])),
  conv_out_kernel: v.optional(only([3])),
  attention_type: v.optional(only(["default"])),
  cross_attention_norm: v.optional(only([null])),
  quantization_config: v.optional(only([null])),
};

/** Fields that change nothing: training alone, precision, or parts of what `fixed` excludes. */
const others = {
  dropout: v.optional(real(0, 1)),
  upcast_attention: v.optional(v.nullable(flag)),
  ...inertFields([
    "addition_time_embed_dim",
    "addition_embed_type_num_heads",
    "projection_class_embeddings_input_dim",
  ]),
};

const entries = { ...shape, ...fixed, ...others };

/** The settings of a UNet, complete. */
export interface UnetSettings {
  readonly in_channels: number;
  readonly out_channels: number;
  readonly block_out_channels: readonly number[];
  readonly down_block_types: readonly string[];
  readonly up_block_types: readonly string[];
  readonly layers_per_block: number;
  readonly attention_head_dim: number | readonly number[];
  readonly transformer_layers_per_block: number | readonly number[];
  readonly cross_attention_dim: number;
  readonly norm_num_groups: number;
  readonly norm_eps: number;
  readonly use_linear_projection: boolean;
  readonly flip_sin_to_cos: boolean;
  readonly freq_shift: number;
  readonly sample_size: number;
}

/**
 * Checks the config of a UNet and fills in diffusers' defaults; a missing `sample_size` is 64.
 *
 * @throws {LocRefError} `config-invalid`, naming file, key and value.
 */
export function parseUnetConfig(
  value: unknown,
  place: ConfigPlace,
): Parsed<UnetSettings> {
  const { config, warnings } = parseConfig(
    entries,
    withPlainNames(value),
    place,
    {
      misfits,
    },
  );
  const settings: Record<string, unknown> = {};
  for (const key of Object.keys(shape) as (keyof typeof shape)[]) {
    settings[key] = config[key];
  }
  return {
    config: {
      ...settings as unknown as UnetSettings,
      layers_per_block: first(config.layers_per_block),
      cross_attention_dim: first(config.cross_attention_dim),
      sample_size: first(config.sample_size ?? usualSize),
    },
    warnings,
  };
}

/** Before its version 0.3 diffusers wrote `UNetRes` before the names of blocks, and skips it since. */
function withPlainNames(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value;
  const config: Record<string, unknown> = { ...value };
  for (const key of ["down_block_types", "up_block_types"]) {
    const types = config[key];
    if (!Array.isArray(types)) continue;
    config[key] = types.map((type) =>
      typeof type === "string" ? type.replace(/^UNetRes/, "") : type
    );
  }
  return config;
}

type UnetFields = v.InferOutput<v.ObjectSchema<typeof entries, undefined>>;

function misfits(config: UnetFields): Misfit[] {
  const { block_out_channels: channels, norm_num_groups: groups } = config;
  const found: Misfit[] = [];
  const check = (key: keyof UnetFields, fits: boolean, rule: string) => {
    if (!fits) found.push({ key, value: config[key], rule });
  };
  const levels = channels.length;
  const each =
    `must have one entry for each of the ${levels} levels of block_out_channels`;
  for (
    const key of [
      "down_block_types",
      "up_block_types",
      "attention_head_dim",
      "transformer_layers_per_block",
    ] as const
  ) {
    const value = config[key];
    check(key, !Array.isArray(value) || value.length === levels, each);
  }
  check(
    "block_out_channels",
    channels[0]! % 2 === 0,
    "must begin with an even number",
  );
  check(
    "block_out_channels",
    channels.every((one) => one % groups === 0),
    `must hold multiples of norm_num_groups, which is ${groups}`,
  );
  check(
    "freq_shift",
    config.freq_shift < channels[0]! / 2,
    `must be below ${channels[0]! / 2}, half the first of block_out_channels`,
  );
  check(
    "time_embedding_dim",
    [undefined, null, 4 * channels[0]!].includes(config.time_embedding_dim),
    `must be null or ${
      4 * channels[0]!
    }, four times the first of block_out_channels`,
  );
  if (found.length === 0) {
    check(
      "attention_head_dim",
      attendingLevels(config).every((level) =>
        channels[level]! % at(config.attention_head_dim, level) === 0
      ),
      `must divide block_out_channels, ${
        JSON.stringify(channels)
      }, at every level that attends`,
    );
  }
  return found;
}

/** Levels with attention: on the way down, in the middle, which is the last, or on the way up. */
function attendingLevels(config: UnetFields): number[] {
  const last = config.block_out_channels.length - 1;
  return [...config.block_out_channels.keys()].filter((level) =>
    level === last ||
    config.down_block_types[level]!.startsWith("CrossAttn") ||
    config.up_block_types[last - level]!.startsWith("CrossAttn")
  );
}

function at(value: number | readonly number[], level: number): number {
  return typeof value === "number" ? value : value[level]!;
}
