import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { ClipImageConfig } from "../../encoders/clip_image.ts";
import type { ClipTextConfig } from "../../encoders/clip_text.ts";
import { currentVaeName, type VaeConfig } from "../../encoders/vae_config.ts";
import type { WeightSource } from "../../ops/executor.ts";
import type { UnetConfig } from "../../bases/sd/unet_config.ts";
import {
  parseClipImageConfig,
  parseClipTextConfig,
} from "../../weights/configs/clip_config.ts";
import type {
  ConfigPlace,
  Parsed,
} from "../../weights/configs/parse_config.ts";
import { readConfigFile } from "../../weights/configs/read_config_file.ts";
import {
  readScheduler,
  type SchedulerConfig,
} from "../../weights/configs/scheduler.ts";
import { parseUnetConfig } from "../../weights/configs/unet_config.ts";
import { parseVaeConfig } from "../../weights/configs/vae_config.ts";
import { openSafetensors } from "../../weights/safetensors/safetensors.ts";
import { selectWeights } from "../../weights/hub/select_model_files.ts";
import { openSharded } from "../../weights/safetensors/sharded.ts";
import { renameWeights } from "../../weights/weight_sources.ts";

/** One part of a model: its config and where its weights lie. */
export interface ModelPart<C> {
  readonly config: C;
  readonly weights: WeightSource;
  readonly folder: string;
}

/** A Stable Diffusion model in Hugging Face layout, opened but not loaded. */
export interface BaseFiles {
  readonly folder: string;
  readonly tokenizer: string;
  readonly scheduler: SchedulerConfig;
  readonly text: ModelPart<ClipTextConfig>;
  readonly unet: ModelPart<UnetConfig>;
  readonly vae: ModelPart<VaeConfig>;
}

/** Options of {@linkcode openBase} and {@linkcode openImageEncoder}. */
export interface OpenOptions {
  /** Variant of the weight files, such as `fp16` for `model.fp16.safetensors`. */
  variant?: string;
  /** Called with each sentence about keys of a config that are not known. */
  onWarning?: (warning: string) => void;
}

/**
 * Opens a folder in the layout of diffusers (`model_index.json` and a folder a part).
 *
 * @throws {LocRefError} if a file is missing or broken, or a config asks for what is not supported.
 */
export async function openBase(
  folder: string,
  options: OpenOptions = {},
): Promise<BaseFiles> {
  const vae = await openPart(join(folder, "vae"), parseVaeConfig, options);
  return {
    folder,
    tokenizer: join(folder, "tokenizer"),
    scheduler: await readScheduler(schedulerFile(folder)),
    text: await openPart(
      join(folder, "text_encoder"),
      parseClipTextConfig,
      options,
    ),
    unet: await openPart(join(folder, "unet"), parseUnetConfig, options),
    vae: { ...vae, weights: renameWeights(vae.weights, currentVaeName) },
  };
}

/** Where a model's folder holds its scheduler config. */
export function schedulerFile(folder: string): string {
  return join(folder, "scheduler", "scheduler_config.json");
}

/** Opens an image encoder, a folder with `config.json` and weights. */
export async function openImageEncoder(
  folder: string,
  options: OpenOptions = {},
): Promise<ModelPart<ClipImageConfig>> {
  return await openPart(folder, parseClipImageConfig, options);
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

/** The weights of one part; a part that has no such variant is taken plain. */
async function openWeights(
  folder: string,
  options: OpenOptions,
): Promise<WeightSource> {
  const names = selectWeights(await readdir(folder), {
    variant: options.variant,
    place: `Folder "${folder}"`,
  });
  const index = names.find((name) => name.endsWith(".json"));
  return index === undefined
    ? await openSafetensors(join(folder, names[0]!))
    : await openSharded(join(folder, index));
}
