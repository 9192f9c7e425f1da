/** `config.json` of a ControlNet, as diffusers' `ControlNetModel` reads it (0.42). */

import * as v from "valibot";
import { field, flag, only, whole, wholeList } from "./model_fields.ts";
import {
  checkObject,
  type ConfigPlace,
  parseConfig,
  type Parsed,
} from "./parse_config.ts";
import { parseUnetConfig, type UnetSettings } from "./unet_config.ts";

/** Fields that ControlNets have beside those of a UNet, with the library's defaults. */
const ownEntries = {
  _class_name: v.optional(
    only(["ControlNetModel"], "other networks are not read here"),
  ),
  mid_block_type: v.optional(
    only(["UNetMidBlock2DCrossAttn", "UNetMidBlock2D"]),
    "UNetMidBlock2DCrossAttn",
  ),
  conditioning_channels: v.optional(whole(1, 256), 3),
  conditioning_embedding_out_channels: v.optional(
    wholeList({ from: 1, to: 8192, least: 2, most: 8 }),
    [16, 32, 96, 256],
  ),
  controlnet_conditioning_channel_order: v.optional(
    field<"rgb" | "bgr">(
      (value) => value === "rgb" || value === "bgr",
      'must be "rgb" or "bgr"',
    ),
    "rgb",
  ),
  global_pool_conditions: v.optional(flag, false),
};

/** The settings of a ControlNet, complete. */
export interface ControlnetSettings extends UnetSettings {
  readonly mid_block_type: "UNetMidBlock2DCrossAttn" | "UNetMidBlock2D";
  readonly conditioning_channels: number;
  readonly conditioning_embedding_out_channels: readonly number[];
  readonly controlnet_conditioning_channel_order: "rgb" | "bgr";
  readonly global_pool_conditions: boolean;
}

/**
 * Checks the config of a ControlNet and fills in diffusers' defaults. Those of its half of a UNet
 * are checked as a UNet's.
 *
 * @throws {LocRefError} `config-invalid`, naming file, key and value.
 */
export function parseControlnetConfig(
  value: unknown,
  place: ConfigPlace,
): Parsed<ControlnetSettings> {
  checkObject(value, place);
  const isOwn = (key: string) => Object.hasOwn(ownEntries, key);
  const part = (own: boolean) =>
    Object.fromEntries(
      Object.entries(value).filter(([key]) => isOwn(key) === own),
    );
  const own = parseConfig(ownEntries, part(true), place);
  const half = part(false);
  const unet = parseUnetConfig(
    { ...half, ...wayUp(half.down_block_types) },
    place,
  );
  const { _class_name: _, ...settings } = own.config;
  return {
    config: { ...unet.config, ...settings, up_block_types: [] },
    warnings: [...own.warnings, ...unet.warnings],
  };
}

/** The way up that a UNet of these blocks has: a ControlNet has none. */
function wayUp(down: unknown): Record<string, unknown> {
  if (!Array.isArray(down)) return {};
  const up = down.map((type) => String(type).replace("Down", "Up"));
  return { up_block_types: up.reverse() };
}
