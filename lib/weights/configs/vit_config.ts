/** `config.json` of a vision transformer, as transformers' `ViTModel` and `Dinov2Model` read it. */

import * as v from "valibot";
import {
  flag,
  inertFields,
  only,
  positive,
  real,
  whole,
} from "./model_fields.ts";
import { type ConfigPlace, parseConfig, type Parsed } from "./parse_config.ts";
import {
  generalFields,
  headsMisfit,
  patchMisfit,
} from "./transformers_fields.ts";

const entries = {
  ...generalFields,
  model_type: v.optional(only(["vit", "dinov2"]), "vit"),
  hidden_size: v.optional(whole(1, 16384), 768),
  num_hidden_layers: v.optional(whole(1, 128), 12),
  num_attention_heads: v.optional(whole(1, 1024), 12),
  intermediate_size: v.optional(whole(1, 65536), 3072),
  mlp_ratio: v.optional(real(0.01, 64), 4),
  hidden_act: v.optional(only(["gelu", "quick_gelu"]), "gelu"),
  layer_norm_eps: v.optional(positive(0.1)),
  image_size: v.optional(whole(1, 4096), 224),
  patch_size: v.optional(whole(1, 1024)),
  num_channels: v.optional(only([3])),
  qkv_bias: v.optional(only([true])),
  use_swiglu_ffn: v.optional(
    only(
      [false],
      'gated feed-forward layers are not read: DINO and DINOv2 up to "large" are',
    ),
  ),
  use_mask_token: v.optional(flag),
  ...inertFields([
    "apply_layernorm",
    "attention_probs_dropout_prob",
    "drop_path_rate",
    "encoder_stride",
    "hidden_dropout_prob",
    "layerscale_value",
    "out_features",
    "out_indices",
    "pooler_act",
    "pooler_output_size",
    "reshape_hidden_states",
    "stage_names",
  ]),
};

/** The settings of a vision transformer, complete. */
export interface VitSettings {
  readonly model_type: "vit" | "dinov2";
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly hidden_act: "gelu" | "quick_gelu";
  readonly layer_norm_eps: number;
  readonly image_size: number;
  readonly patch_size: number;
}

/**
 * Checks the config of a vision transformer and fills in transformers' defaults.
 *
 * @throws {LocRefError} `config-invalid`, naming file, key and value.
 */
export function parseVitConfig(
  value: unknown,
  place: ConfigPlace,
): Parsed<VitSettings> {
  const { config, warnings } = parseConfig(entries, value, place, {
    misfits: (found) => [
      ...headsMisfit(found),
      ...patchMisfit({ ...found, patch_size: patchOf(found) }),
    ],
  });
  const dinov2 = config.model_type === "dinov2";
  return {
    config: {
      model_type: config.model_type,
      hidden_size: config.hidden_size,
      // a `Dinov2Model` knows the ratio alone, a `ViTModel` the width alone
      intermediate_size: dinov2
        ? Math.trunc(config.hidden_size * config.mlp_ratio)
        : config.intermediate_size,
      num_hidden_layers: config.num_hidden_layers,
      num_attention_heads: config.num_attention_heads,
      hidden_act: config.hidden_act,
      layer_norm_eps: config.layer_norm_eps ?? (dinov2 ? 1e-6 : 1e-12),
      image_size: config.image_size,
      patch_size: patchOf(config),
    },
    warnings,
  };
}

function patchOf(
  config: { readonly model_type: string; readonly patch_size?: number },
): number {
  return config.patch_size ?? (config.model_type === "dinov2" ? 14 : 16);
}
