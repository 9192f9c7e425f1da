import { parseClipTextConfig } from "../../weights/configs/clip_config.ts";
import { parseModelIndex } from "../../weights/configs/model_index.ts";
import { parseSchedulerConfig } from "../../weights/configs/scheduler.ts";
import { parseUnetConfig } from "../../weights/configs/unet_config.ts";
import { parseVaeConfig } from "../../weights/configs/vae_config.ts";
import type { SettingsFile } from "../base_kind.ts";

/** The settings files of a Stable Diffusion model's folder, and their schemas. */
export const stableDiffusionSettings: readonly SettingsFile[] = [
  { name: "model_index.json", parse: parseModelIndex },
  {
    name: "text_encoder/config.json",
    parse: parseClipTextConfig,
    required: true,
  },
  { name: "unet/config.json", parse: parseUnetConfig, required: true },
  { name: "vae/config.json", parse: parseVaeConfig, required: true },
  {
    name: "scheduler/scheduler_config.json",
    parse: parseSchedulerConfig,
    required: true,
  },
];
