/** Fields of a UNet's config, as diffusers' `UNet2DConditionModel` knows them (0.42). */

import * as v from "valibot";
import {
  field,
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

const downBlocks = ["CrossAttnDownBlock2D", "DownBlock2D"] as const;
const upBlocks = ["CrossAttnUpBlock2D", "UpBlock2D"] as const;

const falseForAll = field<false>(
  (value) =>
    value === false ||
    Array.isArray(value) && value.every((one) => one === false),
  "must be false",
);

const size = field<number | readonly number[] | null>(
  (value) =>
    value === null || v.is(whole(1, 512), value) ||
    Array.isArray(value) && value.length === 2 && value[0] === value[1] &&
      v.is(whole(1, 512), value[0]),
  "must be a whole number from 1 to 512, the side of a square",
);

/** Fields that shape the UNet, with the library's defaults. */
export const unetShape = {
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
  transformer_layers_per_block: v.optional(wholeByLevel(0, 32), 1),
  attention_head_dim: v.optional(wholeByLevel(1, 1024), 8),
  use_linear_projection: v.optional(flag, false),
  addition_time_embed_dim: v.optional(v.nullable(whole(2, 4096)), null),
  projection_class_embeddings_input_dim: v.optional(
    v.nullable(whole(1, 65536)),
    null,
  ),
  time_cond_proj_dim: v.optional(v.nullable(whole(2, 65536)), null),
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
    only([null, "text_time"], "other additions are not read here"),
  ),
  resnet_time_scale_shift: v.optional(only(["default"])),
  resnet_skip_time_act: v.optional(only([false])),
  resnet_out_scale_factor: v.optional(only([1])),
  time_embedding_type: v.optional(only(["positional"])),
  time_embedding_dim: v.optional(v.nullable(whole(1, 65536))),
  time_embedding_act_fn: v.optional(only([null])),
  timestep_post_act: v.optional(only([null])),
  conv_in_kernel: v.optional(only([3])),
  conv_out_kernel: v.optional(only([3])),
  // GLIGEN's fusers act as an adapter, so that the UNet itself is a plain one
  attention_type: v.optional(
    only(["default", "gated", "gated-text-image"]),
  ),
  cross_attention_norm: v.optional(only([null])),
  quantization_config: v.optional(only([null])),
};

/** Fields that change nothing: training alone, precision, or parts of what `fixed` excludes. */
const others = {
  dropout: v.optional(real(0, 1)),
  upcast_attention: v.optional(v.nullable(flag)),
  ...inertFields([
    "addition_embed_type_num_heads",
  ]),
};

/** All fields. */
export const unetEntries = { ...unetShape, ...fixed, ...others };

/** A config of which each field is checked. */
export type UnetFields = v.InferOutput<
  v.ObjectSchema<typeof unetEntries, undefined>
>;
