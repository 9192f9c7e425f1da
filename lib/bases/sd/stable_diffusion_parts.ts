import type { ClipTextConfig } from "../../encoders/clip_text.ts";
import type { VaeConfig } from "../../encoders/vae_config.ts";
import type { ModelIndex } from "../../weights/configs/model_index.ts";
import type { SchedulerConfig } from "../../weights/configs/scheduler_config.ts";
import type { ModelPart } from "../../weights/open_part.ts";
import type { BaseDefaults } from "../base.ts";
import type { UnetConfig } from "./unet_config.ts";

/** The parts of a Stable Diffusion model in Hugging Face layout. */
export interface StableDiffusionParts {
  readonly folder: string;
  /** Folder of the tokenizer. */
  readonly tokenizer: string;
  readonly defaults: BaseDefaults;
  /** Sizes that it was trained on beside its own, as its index names them. */
  readonly sizes?: ModelIndex["sizes"];
  readonly scheduler: SchedulerConfig;
  /** File of the scheduler's config, in messages. */
  readonly schedulerFile: string;
  readonly text: ModelPart<ClipTextConfig>;
  readonly unet: ModelPart<UnetConfig>;
  readonly vae: ModelPart<VaeConfig>;
}
