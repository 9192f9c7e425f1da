/** Configs of CLIP's towers, as transformers reads them (4.57, 5.24). */

import * as v from "valibot";
import { inertFields, only, positive, real, whole } from "./model_fields.ts";
import {
  checkObject,
  type ConfigPlace,
  parseConfig,
  type Parsed,
} from "./parse_config.ts";
import {
  generalFields,
  headsMisfit,
  patchMisfit,
} from "./transformers_fields.ts";

/** Fields that both towers have. */
const towerFields = {
  num_hidden_layers: v.optional(whole(1, 128), 12),
  hidden_act: v.optional(only(["quick_gelu", "gelu"]), "quick_gelu"),
  layer_norm_eps: v.optional(positive(0.1), 1e-5),
  projection_dim: v.optional(whole(1, 16384), 512),
  attention_dropout: v.optional(real(0, 1)),
  dropout: v.optional(real(0, 1)),
  ...generalFields,
};

/** The end of a text where a config names none. */
const defaultEnd = 49407;

const textEntries = {
  ...towerFields,
  model_type: v.optional(only(["clip_text_model", "clip"])),
  vocab_size: v.optional(whole(1, 4194304), 49408),
  hidden_size: v.optional(whole(1, 16384), 512),
  intermediate_size: v.optional(whole(1, 65536), 2048),
  num_attention_heads: v.optional(whole(1, 1024), 8),
  max_position_embeddings: v.optional(whole(3, 4096), 77),
  eos_token_id: v.optional(whole(0, 4194304)),
};

const imageEntries = {
  ...towerFields,
  model_type: v.optional(only(["clip_vision_model", "clip"])),
  hidden_size: v.optional(whole(1, 16384), 768),
  intermediate_size: v.optional(whole(1, 65536), 3072),
  num_attention_heads: v.optional(whole(1, 1024), 12),
  num_channels: v.optional(
    only([3], "pictures are red, green and blue here"),
    3,
  ),
  image_size: v.optional(whole(1, 4096), 224),
  patch_size: v.optional(whole(1, 1024), 32),
};

/** Keys beside the towers in the config of a whole CLIP. */
const wholeEntries = {
  model_type: v.optional(only(["clip"])),
  projection_dim: v.optional(whole(1, 16384)),
  ...generalFields,
  ...inertFields([
    "logit_scale_init_value",
    "text_config",
    "text_config_dict",
    "vision_config",
    "vision_config_dict",
  ]),
};

/** Sizes that both towers have. */
interface TowerSettings {
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_attention_heads: number;
  readonly num_hidden_layers: number;
  readonly hidden_act: "gelu" | "quick_gelu";
  readonly layer_norm_eps: number;
  /** Width of the space that pictures and texts share. */
  readonly projection_dim: number;
}

/** The settings of a text encoder, complete. */
export interface ClipTextSettings extends TowerSettings {
  readonly vocab_size: number;
  readonly max_position_embeddings: number;
  /** Id of the token whose state is the pooled text; 2, or none, is the highest id of a text. */
  readonly eos_token_id?: number;
}

/** The settings of an image encoder, complete. */
export interface ClipImageSettings extends TowerSettings {
  readonly image_size: number;
  readonly patch_size: number;
}

/**
 * Checks the config of a CLIP text encoder, or the text tower's part of a whole CLIP's, and fills in
 * transformers' defaults.
 *
 * @throws {LocRefError} `config-invalid`, naming file, key and value.
 */
export function parseClipTextConfig(
  value: unknown,
  place: ConfigPlace,
): Parsed<ClipTextSettings> {
  return parseTower(value, place, {
    key: "text_config",
    parse: (own, at) => {
      const { config, warnings } = parseConfig(textEntries, own, at, {
        misfits: headsMisfit,
      });
      const { vocab_size, max_position_embeddings, eos_token_id } = config;
      const sizes = { vocab_size, max_position_embeddings };
      const end = eos_token_id ??
        (vocab_size > defaultEnd ? defaultEnd : undefined);
      const ends = end === undefined ? {} : { eos_token_id: end };
      return { config: { ...towerOf(config), ...sizes, ...ends }, warnings };
    },
  });
}

/**
 * Checks the config of a CLIP image encoder, or the image tower's part of a whole CLIP's, and fills
 * in transformers' defaults.
 *
 * @throws {LocRefError} `config-invalid`, naming file, key and value.
 */
export function parseClipImageConfig(
  value: unknown,
  place: ConfigPlace,
): Parsed<ClipImageSettings> {
  return parseTower(value, place, {
    key: "vision_config",
    parse: (own, at) => {
      const { config, warnings } = parseConfig(imageEntries, own, at, {
        misfits: (found) => [...headsMisfit(found), ...patchMisfit(found)],
      });
      const { image_size, patch_size } = config;
      return {
        config: { ...towerOf(config), image_size, patch_size },
        warnings,
      };
    },
  });
}

/** Whether a config is that of a whole CLIP, with the towers' settings in objects of their own. */
export function isWholeClip(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { model_type } = value as { model_type?: unknown };
  // a tower's own file is read as it is, whatever else stands in it
  if (model_type === "clip_text_model" || model_type === "clip_vision_model") {
    return false;
  }
  return [
    "text_config",
    "vision_config",
    "text_config_dict",
    "vision_config_dict",
  ]
    .some((key) => Object.hasOwn(value, key));
}

interface Tower<C> {
  readonly key: "text_config" | "vision_config";
  readonly parse: (value: unknown, place: ConfigPlace) => Parsed<C>;
}

function parseTower<C extends TowerSettings>(
  value: unknown,
  place: ConfigPlace,
  { key, parse }: Tower<C>,
): Parsed<C> {
  checkObject(value, place);
  if (!isWholeClip(value)) return parse(value, place);
  const whole = parseConfig(wholeEntries, value, place);
  // files of before 4.22 hold the settings under the second name alone
  const from = value[key] == null && value[`${key}_dict`] != null
    ? `${key}_dict`
    : key;
  const tower = parse(value[from] ?? {}, { ...place, at: from });
  return {
    config: {
      ...tower.config,
      projection_dim: whole.config.projection_dim ??
        tower.config.projection_dim,
    },
    warnings: [...whole.warnings, ...tower.warnings],
  };
}

function towerOf(config: TowerSettings): TowerSettings {
  return {
    hidden_size: config.hidden_size,
    intermediate_size: config.intermediate_size,
    num_attention_heads: config.num_attention_heads,
    num_hidden_layers: config.num_hidden_layers,
    hidden_act: config.hidden_act,
    layer_norm_eps: config.layer_norm_eps,
    projection_dim: config.projection_dim,
  };
}
