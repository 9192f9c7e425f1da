/** `config.json` of a BLIP captioner, as transformers reads it (4.57, 5.24). */

import * as v from "valibot";
import { inertFields, only, positive, real, whole } from "./model_fields.ts";
import { type ConfigPlace, parseConfig, type Parsed } from "./parse_config.ts";
import {
  generalFields,
  headsMisfit,
  patchMisfit,
} from "./transformers_fields.ts";

const tokenId = whole(0, 2 ** 31 - 1);

const towerFields = {
  ...generalFields,
  hidden_size: v.optional(whole(1, 16384), 768),
  intermediate_size: v.optional(whole(1, 65536), 3072),
  num_hidden_layers: v.optional(whole(1, 128), 12),
  hidden_act: v.optional(only(["gelu"])),
  ...inertFields([
    "attention_dropout",
    "attention_probs_dropout_prob",
    "dropout",
    "hidden_dropout_prob",
    "label_smoothing",
    "num_channels",
    "projection_dim",
  ]),
};

const visionEntries = {
  ...towerFields,
  model_type: v.optional(only(["blip_vision_model"])),
  num_attention_heads: v.optional(whole(1, 1024), 12),
  image_size: v.optional(whole(1, 4096), 384),
  patch_size: v.optional(whole(1, 1024), 16),
  layer_norm_eps: v.optional(positive(0.1), 1e-5),
  num_channels: v.optional(only([3])),
};

const textEntries = {
  ...towerFields,
  model_type: v.optional(only(["blip_text_model"])),
  num_attention_heads: v.optional(whole(1, 1024), 8),
  vocab_size: v.optional(whole(1, 4194304), 30524),
  max_position_embeddings: v.optional(whole(3, 4096), 512),
  layer_norm_eps: v.optional(positive(0.1), 1e-12),
  bos_token_id: v.optional(tokenId, 30522),
  sep_token_id: v.optional(tokenId, 102),
  pad_token_id: v.optional(tokenId, 0),
  // transformers takes the width of the image tower in its place
  ...inertFields(["encoder_hidden_size"]),
};

const wholeEntries = {
  ...generalFields,
  model_type: v.optional(only(["blip"])),
  label_smoothing: v.optional(real(0, 1)),
  ...inertFields([
    "image_text_hidden_size",
    "logit_scale_init_value",
    "projection_dim",
    "text_config",
    "text_config_dict",
    "vision_config",
    "vision_config_dict",
  ]),
};

/** The settings of a captioner, complete. */
export interface BlipSettings {
  readonly vision_config: {
    readonly hidden_size: number;
    readonly intermediate_size: number;
    readonly num_attention_heads: number;
    readonly num_hidden_layers: number;
    /** Side of the square input, in pixels. */
    readonly image_size: number;
    readonly patch_size: number;
    readonly layer_norm_eps: number;
  };
  readonly text_config: {
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
  };
}

/**
 * Checks the config of a captioner and fills in transformers' defaults.
 *
 * @throws {LocRefError} `config-invalid`, naming file, key and value.
 */
export function parseBlipConfig(
  value: unknown,
  place: ConfigPlace,
): Parsed<BlipSettings> {
  const whole = parseConfig(wholeEntries, value, place);
  const { vision_config, text_config } = whole.config;
  const vision = parseConfig(
    visionEntries,
    vision_config ?? {},
    { ...place, at: "vision_config" },
    { misfits: (found) => [...headsMisfit(found), ...patchMisfit(found)] },
  );
  const text = parseConfig(
    textEntries,
    text_config ?? {},
    { ...place, at: "text_config" },
    { misfits: headsMisfit },
  );
  return {
    config: {
      vision_config: vision.config,
      text_config: {
        ...text.config,
        encoder_hidden_size: vision.config.hidden_size,
      },
    },
    warnings: [...whole.warnings, ...vision.warnings, ...text.warnings],
  };
}
