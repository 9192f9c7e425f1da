import {
  type ClipTextConfig,
  clipTextProgram,
} from "../../encoders/clip_text.ts";
import {
  currentVaeName,
  type VaeConfig,
  vaeFactor,
} from "../../encoders/vae_config.ts";
import { vaePrograms } from "../../encoders/vae_programs.ts";
import type { Program, WeightSource } from "../../ops/executor.ts";
import { parseClipTextConfig } from "../../weights/configs/clip_config.ts";
import {
  parseSchedulerConfig,
  type SchedulerConfig,
} from "../../weights/configs/scheduler.ts";
import { parseUnetConfig } from "../../weights/configs/unet_config.ts";
import { parseVaeConfig } from "../../weights/configs/vae_config.ts";
import {
  type ModelSource,
  type OpenBaseOptions,
  openSourcePart,
} from "../../weights/model_source.ts";
import type { ModelPart } from "../../weights/open_part.ts";
import { renameWeights } from "../../weights/weight_sources.ts";
import { weightsWith } from "../adapter_inputs.ts";
import type { Base, BaseKind, DenoiserForm, NamedProgram } from "../base.ts";
import { attentionLayers } from "./attention_sites.ts";
import { checkUnetInputs } from "./check_unet_inputs.ts";
import { timeSinusoids } from "./time_embedding.ts";
import type { UnetConfig } from "./unet_config.ts";
import { unetPrograms } from "./unet_programs.ts";

/** The parts of a Stable Diffusion model in Hugging Face layout. */
export interface StableDiffusionParts {
  readonly folder: string;
  /** Folder of the tokenizer. */
  readonly tokenizer: string;
  readonly scheduler: SchedulerConfig;
  /** File of the scheduler's config, in messages. */
  readonly schedulerFile: string;
  readonly text: ModelPart<ClipTextConfig>;
  readonly unet: ModelPart<UnetConfig>;
  readonly vae: ModelPart<VaeConfig>;
}

/** A Stable Diffusion model, opened but not loaded. */
export interface StableDiffusion extends Base, StableDiffusionParts {}

/** Stable Diffusion 1.x: one text encoder, a UNet with cross-attention, a VAE. */
export const stableDiffusion: BaseKind<StableDiffusion> = {
  family: "sd",
  summary: "Stable Diffusion 1.x: one text encoder, UNet, VAE",
  matches: () => true,
  open: async (source, options = {}) =>
    stableDiffusionOf(await openParts(source, options)),
};

async function openParts(
  source: ModelSource,
  options: OpenBaseOptions,
): Promise<StableDiffusionParts> {
  const vae = await openSourcePart(source, "vae", parseVaeConfig, {
    ...options,
    rename: (weights) => renameWeights(weights, currentVaeName),
  });
  const { value, file } = await source.scheduler();
  const scheduler = parseSchedulerConfig(value, { file });
  for (const warning of scheduler.warnings) options.onWarning?.(warning);
  const unet = await openSourcePart(source, "unet", parseUnetConfig, options);
  checkUnetInputs(unet);
  return {
    folder: source.path,
    tokenizer: source.tokenizer("tokenizer"),
    scheduler: scheduler.config,
    schedulerFile: file,
    text: await openSourcePart(
      source,
      "text_encoder",
      parseClipTextConfig,
      options,
    ),
    unet,
    vae,
  };
}

/** A base of opened parts. */
export function stableDiffusionOf(
  parts: StableDiffusionParts,
): StableDiffusion {
  const { config } = parts.unet;
  const factor = vaeFactor(parts.vae.config);
  const side = config.sample_size * factor;
  return {
    ...parts,
    family: "sd",
    latent: {
      channels: config.in_channels,
      factor,
      scale: parts.vae.config.scaling_factor,
    },
    nativeSize: { height: side, width: side },
    ...attentionLayers(config),
    timeInput: (timesteps) => timeSinusoids(timesteps, config),
    programs: (form) => programsOf(parts, form),
  };
}

function programsOf(
  { text, unet, vae }: StableDiffusionParts,
  form: DenoiserForm,
): NamedProgram[] {
  return [
    ...named("text", text.weights, {
      text_encoder: () => clipTextProgram(text.config),
    }),
    ...named(
      "unet",
      weightsWith(unet.weights, form.adapters),
      unetPrograms(unet.config, form),
    ),
    ...named("vae", vae.weights, vaePrograms(vae.config, form.size)),
  ];
}

function named(
  part: NamedProgram["part"],
  weights: WeightSource,
  programs: Readonly<Record<string, () => Program>>,
): NamedProgram[] {
  return Object.entries(programs)
    .map(([name, program]) => ({ name, part, weights, program }));
}
