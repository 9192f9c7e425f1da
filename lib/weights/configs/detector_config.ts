/** `config.json` of a pocket detector, which is of this package's own kind. */

import { field, whole, wholeList } from "./model_fields.ts";
import { type ConfigPlace, parseConfig, type Parsed } from "./parse_config.ts";

const entries = {
  image_size: whole(8, 4096),
  channels: wholeList({ from: 1, to: 8192, least: 3, most: 3 }),
  norm_num_groups: whole(1, 1024),
  classes: field<readonly string[]>(
    (value) =>
      Array.isArray(value) && value.length > 0 && value.length <= 100_000 &&
      value.every((one) => typeof one === "string"),
    "must be a list of names",
  ),
};

/** The settings of a pocket detector. */
export interface DetectorSettings {
  readonly image_size: number;
  readonly channels: readonly [number, number, number];
  readonly norm_num_groups: number;
  readonly classes: readonly string[];
}

/**
 * Checks the config of a pocket detector.
 *
 * @throws {LocRefError} `config-invalid`, naming file, key and value.
 */
export function parseDetectorConfig(
  value: unknown,
  place: ConfigPlace,
): Parsed<DetectorSettings> {
  const { config, warnings } = parseConfig(entries, value, place, {
    misfits: ({ image_size, channels, norm_num_groups: groups }) => [
      ...(image_size % 8 === 0 ? [] : [{
        key: "image_size",
        value: image_size,
        rule: "must be a multiple of 8",
      }]),
      ...(channels.every((one) => one % groups === 0) ? [] : [{
        key: "channels",
        value: channels,
        rule: `must hold multiples of norm_num_groups, which is ${groups}`,
      }]),
    ],
  });
  const [half, quarter, eighth] = config.channels as [number, number, number];
  return { config: { ...config, channels: [half, quarter, eighth] }, warnings };
}
