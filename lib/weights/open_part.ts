import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { WeightSource } from "../ops/executor.ts";
import type { ConfigPlace, Parsed } from "./configs/parse_config.ts";
import { readConfigFile } from "./configs/read_config_file.ts";
import { selectWeights } from "./safetensors/select_weights.ts";
import { openSafetensors } from "./safetensors/safetensors.ts";
import { scaledWeights } from "./scaled_weights.ts";
import { openSharded } from "./safetensors/sharded.ts";

/** One part of a model: its config and where its weights lie. */
export interface ModelPart<C> {
  /** Settings, checked. */
  readonly config: C;
  /** Weights, under the names that programs read. */
  readonly weights: WeightSource;
  /** Folder or file that it was opened from. */
  readonly folder: string;
}

/** Options of {@linkcode openPart}. */
export interface OpenOptions {
  /** Variant of the weight files, such as `fp16` for `model.fp16.safetensors`. */
  variant?: string;
  /** Called with each sentence about keys of a config that are not known. */
  onWarning?: (warning: string) => void;
}

/**
 * Opens any folder with `config.json` and weights.
 *
 * @param parse Checks the config and fills in its library's defaults.
 * @throws {LocRefError} if a file is missing or broken, or what `parse` throws.
 */
export async function openPart<C>(
  folder: string,
  parse: (value: unknown, place: ConfigPlace) => Parsed<C>,
  options: OpenOptions = {},
): Promise<ModelPart<C>> {
  const file = join(folder, "config.json");
  const { config, warnings } = parse(await readConfigFile(file), { file });
  for (const warning of warnings) options.onWarning?.(warning);
  return { config, weights: await openWeights(folder, options), folder };
}

/**
 * The weights in a folder; where there is no such variant they are taken plain.
 *
 * @throws {LocRefError} if a file is missing or broken.
 */
export async function openWeights(
  folder: string,
  options: Pick<OpenOptions, "variant"> = {},
): Promise<WeightSource> {
  const names = selectWeights(await readdir(folder), {
    variant: options.variant,
    place: `Folder "${folder}"`,
  });
  const index = names.find((name) => name.endsWith(".json"));
  return scaledWeights(
    index === undefined
      ? await openSafetensors(join(folder, names[0]!))
      : await openSharded(join(folder, index)),
  );
}
