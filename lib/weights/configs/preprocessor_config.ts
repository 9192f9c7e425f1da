/** `preprocessor_config.json` of transformers' image processors (ViT, DINOv2, CLIP and BLIP; 4.57, 5.24). */

import { existsSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { type Field, field, flag, inertFields, only } from "./model_fields.ts";
import {
  type ConfigPlace,
  type Misfit,
  parseConfig,
  type Parsed,
} from "./parse_config.ts";
import { readConfigFile } from "./read_config_file.ts";

/** How pixels become the input of a model. */
export interface PreprocessorSettings {
  /** Side of the square input; absent: the model's own. */
  readonly side?: number;
  /** Taken away from red, green and blue, which are 0..1. */
  readonly image_mean: readonly number[];
  /** Divides red, green and blue afterwards. */
  readonly image_std: readonly number[];
}

/** The normalisation of a file that names none. */
export type Normalisation = Pick<
  PreprocessorSettings,
  "image_mean" | "image_std"
>;

type Sized = number | Readonly<Record<string, unknown>>;

const size = v.nullish(field<Sized>(
  (value) => isSide(value) || sidesOf(value) !== undefined,
  "must be a whole number from 1 to 4096, or an object with height and width or shortest_edge",
));

const mean = v.nullish(threeFrom(-10, 10));
const std = v.nullish(threeFrom(1e-6, 10));

const entries = {
  size,
  crop_size: size,
  image_mean: mean,
  image_std: std,
  do_normalize: v.nullish(flag),
  do_rescale: v.nullish(only([true])),
  rescale_factor: v.nullish(field<number>(
    (value) => typeof value === "number" && Math.abs(value * 255 - 1) < 1e-6,
    "must be 1/255",
  )),
  ...inertFields([
    "auto_map",
    "crop_pct",
    "data_format",
    "default_to_square",
    "device",
    "disable_grouping",
    "do_center_crop",
    "do_convert_rgb",
    "do_pad",
    "do_reduce_labels",
    "do_resize",
    "feature_extractor_type",
    "image_processor_type",
    "image_seq_length",
    "input_data_format",
    "pad_size",
    "processor_class",
    "resample",
    "return_tensors",
    "size_divisor",
  ]),
};

type Fields = v.InferOutput<v.ObjectSchema<typeof entries, undefined>>;

/**
 * Reads the `preprocessor_config.json` of a model's folder; `usual` stands in for what it lacks, and
 * for the file where there is none.
 *
 * @throws {LocRefError} `file-invalid`, or `config-invalid`, naming file, key and value.
 */
export async function readPreprocessor(
  folder: string,
  usual: Normalisation,
): Promise<Parsed<PreprocessorSettings>> {
  const file = join(folder, "preprocessor_config.json");
  if (!existsSync(file)) return { config: usual, warnings: [] };
  return parsePreprocessorConfig(await readConfigFile(file), { file }, usual);
}

/**
 * Checks the config of an image processor.
 *
 * @throws {LocRefError} `config-invalid`, naming file, key and value.
 */
export function parsePreprocessorConfig(
  value: unknown,
  place: ConfigPlace,
  usual: Normalisation,
): Parsed<PreprocessorSettings> {
  const { config, warnings } = parseConfig(entries, value, place, { misfits });
  const { do_normalize: normalises = true } = config;
  const side = sideOf(config.crop_size) ?? sideOf(config.size);
  return {
    config: {
      ...(side === undefined ? {} : { side }),
      ...normalises === false
        ? { image_mean: [0, 0, 0], image_std: [1, 1, 1] }
        : {
          image_mean: config.image_mean ?? usual.image_mean,
          image_std: config.image_std ?? usual.image_std,
        },
    },
    warnings,
  };
}

/** Pictures are stretched to a square, so that other shapes would be another model. */
function misfits(config: Fields): Misfit[] {
  return (["size", "crop_size"] as const).flatMap((key) => {
    const value = config[key];
    const sides = sidesOf(value) ?? [];
    if (sides.every((one) => one === sides[0])) return [];
    return [{ key, value, rule: "must be a square" }];
  });
}

function sideOf(value: Sized | null | undefined): number | undefined {
  return typeof value === "number" ? value : sidesOf(value)?.[0];
}

/** Both sides of a size that is an object, or the one that it names. */
function sidesOf(value: unknown): readonly number[] | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { height, width, shortest_edge } = value as Record<string, unknown>;
  const sides = height === undefined && width === undefined
    ? [shortest_edge]
    : [height, width];
  return sides.every(isSide) ? sides : undefined;
}

function isSide(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 &&
    (value as number) <= 4096;
}

function threeFrom(from: number, to: number): Field<readonly number[]> {
  return field<readonly number[]>(
    (value) =>
      Array.isArray(value) && value.length === 3 &&
      value.every((one) => typeof one === "number" && one >= from && one <= to),
    `must be a list of three numbers from ${from} to ${to}`,
  );
}
