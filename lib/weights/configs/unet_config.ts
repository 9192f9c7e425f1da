/** `config.json` of a UNet, as diffusers' `UNet2DConditionModel` reads it (0.42). */

import { type SquareFit, squareFits } from "../square_fit.ts";
import { coordinateChannels, mostOctaves } from "../unet_channels.ts";
import { first, only, whole } from "./model_fields.ts";
import * as v from "valibot";
import {
  type ConfigPlace,
  type Misfit,
  parseConfig,
  type Parsed,
} from "./parse_config.ts";
import { unetEntries, type UnetFields, unetShape } from "./unet_fields.ts";

/** Side of latents where a config names none: that of Stable Diffusion 1. */
const usualSize = 64;

/** The settings of a UNet, complete. */
export interface UnetSettings {
  /** Channels that a step is given; those of coordinates are not among them. */
  readonly in_channels: number;
  /** Octaves of coordinates, from the settings under `_locref`; absent: none. */
  readonly coordinates?: number;
  /** How latents of another shape lie in the square of the coordinates; absent: stretched. */
  readonly coordinateFit?: SquareFit;
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
  readonly addition_time_embed_dim: number | null;
  readonly projection_class_embeddings_input_dim: number | null;
  readonly time_cond_proj_dim: number | null;
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
    unetEntries,
    withPlainNames(value),
    place,
    {
      misfits,
    },
  );
  const { coordinates, coordinate_fit: fit } = ownSettings(
    value,
    config,
    place,
  );
  const settings: Record<string, unknown> = {};
  for (const key of Object.keys(unetShape) as (keyof typeof unetShape)[]) {
    settings[key] = config[key];
  }
  return {
    config: {
      ...settings as unknown as UnetSettings,
      ...(coordinates > 0 && { coordinates }),
      ...(fit !== "stretch" && { coordinateFit: fit }),
      in_channels: config.in_channels - coordinateChannels(coordinates),
      layers_per_block: first(config.layers_per_block),
      cross_attention_dim: first(config.cross_attention_dim),
      sample_size: first(config.sample_size ?? usualSize),
      // these keys alone add nothing, as in diffusers
      ...(readsSizes(config) ? {} : {
        addition_time_embed_dim: null,
        projection_class_embeddings_input_dim: null,
      }),
    },
    warnings,
  };
}

/** Our own settings of a UNet, under `_locref`: diffusers counts coordinates as inputs like others. */
const ownEntries = {
  coordinates: v.optional(whole(0, mostOctaves), 0),
  coordinate_fit: v.optional(only(squareFits), "stretch"),
};

/** Our own settings of a UNet, complete. */
type OwnSettings = v.InferOutput<v.ObjectSchema<typeof ownEntries, undefined>>;

/** Octaves of coordinates among the channels that a UNet reads, and the square that they count in. */
function ownSettings(
  value: unknown,
  { in_channels: reads }: UnetFields,
  place: ConfigPlace,
): OwnSettings {
  const { _locref: own = {} } = value as { _locref?: unknown };
  const at = { ...place, at: "_locref" };
  return parseConfig(ownEntries, own, at, {
    strict: true,
    misfits: (config) => ownMisfits(config, reads),
  }).config;
}

function ownMisfits(
  { coordinates, coordinate_fit: fit }: OwnSettings,
  reads: number,
): Misfit[] {
  if (coordinateChannels(coordinates) >= reads) {
    const rule =
      `must leave latents some of the ${reads} channels of in_channels, 4 go to each`;
    return [{ key: "coordinates", value: coordinates, rule }];
  }
  if (coordinates > 0 || fit === "stretch") return [];
  const rule = "has no effect without coordinates";
  return [{ key: "coordinate_fit", value: fit, rule }];
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

function misfits(config: UnetFields): Misfit[] {
  const found = [...levelMisfits(config), ...widthMisfits(config)];
  if (readsSizes(config)) found.push(...additionMisfits(config));
  // heads are of levels, so these must fit first
  return found.length > 0 ? found : headMisfits(config);
}

/** Settings that come level by level, and not for each. */
function levelMisfits(config: UnetFields): Misfit[] {
  const levels = config.block_out_channels.length;
  const keys = [
    ...["down_block_types", "up_block_types"] as const,
    ...["attention_head_dim", "transformer_layers_per_block"] as const,
  ];
  const rule =
    `must have one entry for each of the ${levels} levels of block_out_channels`;
  return keys.flatMap((key) => {
    const value = config[key];
    const fits = !Array.isArray(value) || value.length === levels;
    return fits ? [] : [{ key, value, rule }];
  });
}

/** Widths that do not go together. */
function widthMisfits(config: UnetFields): Misfit[] {
  const { block_out_channels: channels, norm_num_groups: groups } = config;
  const { freq_shift, time_embedding_dim } = config;
  const first = channels[0]!;
  const rules: [key: keyof UnetFields, fits: boolean, rule: string][] = [
    ["block_out_channels", first % 2 === 0, "must begin with an even number"],
    [
      "block_out_channels",
      channels.every((one) => one % groups === 0),
      `must hold multiples of norm_num_groups, which is ${groups}`,
    ],
    [
      "freq_shift",
      freq_shift < first / 2,
      `must be below ${first / 2}, half the first of block_out_channels`,
    ],
    [
      "time_embedding_dim",
      [undefined, null, 4 * first].includes(time_embedding_dim),
      `must be null or ${
        4 * first
      }, four times the first of block_out_channels`,
    ],
  ];
  return rules.flatMap(([key, fits, rule]) =>
    fits ? [] : [{ key, value: config[key], rule }]
  );
}

/** Widths that heads do not divide. */
function headMisfits(config: UnetFields): Misfit[] {
  const { block_out_channels: channels, attention_head_dim: heads } = config;
  const fits = attendingLevels(config)
    .every((level) => channels[level]! % at(heads, level) === 0);
  if (fits) return [];
  const rule = `must divide block_out_channels, ${
    JSON.stringify(channels)
  }, at every level that attends`;
  return [{ key: "attention_head_dim", value: heads, rule }];
}

/** Whether the UNet reads a pooled text and sizes, as SDXL's. */
function readsSizes(config: UnetFields): boolean {
  return config.addition_embed_type === "text_time";
}

/** Numbers of which SDXL's UNet reads the sinusoids. */
const sizeNumbers = 6;

function additionMisfits(config: UnetFields): Misfit[] {
  const {
    addition_time_embed_dim: each,
    projection_class_embeddings_input_dim: whole,
  } = config;
  const found: Misfit[] = [];
  if (each === null || each % 2 !== 0) {
    const rule = 'must be an even number with addition_embed_type "text_time"';
    found.push({ key: "addition_time_embed_dim", value: each, rule });
  } else if (whole === null || whole <= sizeNumbers * each) {
    const least = sizeNumbers * each;
    found.push({
      key: "projection_class_embeddings_input_dim",
      value: whole,
      rule:
        `must be above ${least}, ${sizeNumbers} times addition_time_embed_dim, by the width of the pooled text`,
    });
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
