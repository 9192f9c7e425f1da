import { join } from "node:path";
import type { ClipTextConfig } from "../../encoders/clip_text.ts";
import { currentVaeName, type VaeConfig } from "../../encoders/vae_config.ts";
import { parseClipTextConfig } from "../../weights/configs/clip_config.ts";
import {
  readScheduler,
  type SchedulerConfig,
} from "../../weights/configs/scheduler.ts";
import { parseUnetConfig } from "../../weights/configs/unet_config.ts";
import { parseVaeConfig } from "../../weights/configs/vae_config.ts";
import {
  type ModelPart,
  type OpenOptions,
  openPart,
} from "../../weights/open_part.ts";
import { renameWeights } from "../../weights/weight_sources.ts";
import type { UnetConfig } from "./unet_config.ts";

/** A Stable Diffusion model in Hugging Face layout, opened but not loaded. */
export interface BaseFiles {
  readonly folder: string;
  readonly tokenizer: string;
  readonly scheduler: SchedulerConfig;
  readonly text: ModelPart<ClipTextConfig>;
  readonly unet: ModelPart<UnetConfig>;
  readonly vae: ModelPart<VaeConfig>;
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
  const scheduler = await readScheduler(schedulerFile(folder));
  for (const warning of scheduler.warnings) options.onWarning?.(warning);
  return {
    folder,
    tokenizer: join(folder, "tokenizer"),
    scheduler: scheduler.config,
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
