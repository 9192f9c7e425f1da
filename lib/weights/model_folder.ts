import { existsSync } from "node:fs";
import { join } from "node:path";
import { readConfigFile } from "./configs/read_config_file.ts";
import { missingPart } from "./missing_part.ts";
import type { ConfigValue, ModelSource, SourcePart } from "./model_source.ts";
import { openWeights } from "./open_part.ts";

/** Options of {@linkcode openModelFolder}. */
export interface ModelFolderOptions {
  /** Variant of the weight files, such as `fp16` for `model.fp16.safetensors`. */
  variant?: string;
}

/**
 * A folder in the layout of diffusers as the source of a model.
 *
 * @throws {LocRefError} `file-invalid` if its `model_index.json` cannot be read.
 */
export async function openModelFolder(
  folder: string,
  options: ModelFolderOptions = {},
): Promise<ModelSource> {
  const index = join(folder, "model_index.json");
  return {
    path: folder,
    index: existsSync(index) ? await configValue(index) : undefined,
    has: (name) => existsSync(join(folder, name)),
    part: async (name) => {
      if (!existsSync(join(folder, name))) throw missingPart(folder, name);
      return await folderPart(join(folder, name), options);
    },
    scheduler: () =>
      configValue(join(folder, "scheduler", "scheduler_config.json")),
    tokenizer: (name) => join(folder, name),
  };
}

async function folderPart(
  folder: string,
  options: ModelFolderOptions,
): Promise<SourcePart> {
  return {
    config: await configValue(join(folder, "config.json")),
    place: folder,
    weights: () => openWeights(folder, options),
  };
}

async function configValue(file: string): Promise<ConfigValue> {
  return { value: await readConfigFile(file), file };
}
