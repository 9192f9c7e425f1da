/** `config.json` of a T2I-Adapter, as diffusers' `T2IAdapter` reads it (0.42). */

import * as v from "valibot";
import { field, only, whole, wholeList } from "./model_fields.ts";
import { type ConfigPlace, parseConfig, type Parsed } from "./parse_config.ts";

const entries = {
  _class_name: v.optional(
    only(["T2IAdapter"], "other networks are not read here"),
  ),
  in_channels: v.optional(whole(1, 256), 3),
  channels: v.optional(
    wholeList({ from: 1, to: 8192, least: 1, most: 8 }),
    [320, 640, 1280, 1280],
  ),
  num_res_blocks: v.optional(whole(1, 16), 2),
  downscale_factor: v.optional(whole(1, 64), 8),
  adapter_type: v.optional(
    field<"full_adapter" | "full_adapter_xl">(
      (value) => value === "full_adapter" || value === "full_adapter_xl",
      'must be "full_adapter" or "full_adapter_xl"',
    ),
    "full_adapter",
  ),
};

/** The settings of a T2I-Adapter, complete. */
export interface T2iAdapterSettings {
  readonly in_channels: number;
  readonly channels: readonly number[];
  readonly num_res_blocks: number;
  readonly downscale_factor: number;
  readonly adapter_type: "full_adapter" | "full_adapter_xl";
}

/**
 * Checks the config of a T2I-Adapter and fills in diffusers' defaults.
 *
 * @throws {LocRefError} `config-invalid`, naming file, key and value.
 */
export function parseT2iAdapterConfig(
  value: unknown,
  place: ConfigPlace,
): Parsed<T2iAdapterSettings> {
  return parseConfig(entries, value, place);
}
