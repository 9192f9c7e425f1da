import { join } from "node:path";
import { openLocRef } from "../../../lib/adapters/open_locref.ts";
import { LocRefError } from "../../../lib/core/error.ts";
import { quotePath } from "../../../lib/core/machine/system_error.ts";
import type { UnetConfig } from "../../../lib/bases/sd/unet_config.ts";
import { readConfigFile } from "../../../lib/weights/configs/read_config_file.ts";
import { parseUnetConfig } from "../../../lib/weights/configs/unet_config.ts";
import type { SquareFit } from "../../../lib/weights/square_fit.ts";
import { coordinateChannels } from "../../../lib/weights/unet_channels.ts";
import { clipTextConfig } from "./clip_configs.ts";

/** The pocket UNet in Hugging Face layout: three levels. */
export function pocketUnetConfig(
  { latentSide, latentChannels, coordinates = 0, compositeFit }: {
    readonly latentSide: number;
    readonly latentChannels: number;
    /** Octaves of coordinates beside the latents. @default {0, none} */
    readonly coordinates?: number;
    /** How the composite image lies in the encoder's square. @default {"stretch"} */
    readonly compositeFit?: SquareFit;
  },
): UnetConfig & Record<string, unknown> {
  return {
    ...levels,
    coordinates,
    ...(compositeFit === "contain" && { coordinateFit: compositeFit }),
    in_channels: latentChannels,
    out_channels: latentChannels,
    sample_size: latentSide,
  };
}

/** The config as its file has it: diffusers counts coordinates as inputs like others. */
export function unetFile(
  { coordinates = 0, coordinateFit, ...config }: UnetConfig,
): Record<string, unknown> {
  if (coordinates === 0) return config;
  const reads = config.in_channels + coordinateChannels(coordinates);
  const own = {
    coordinates,
    ...(coordinateFit !== undefined && { coordinate_fit: coordinateFit }),
  };
  return { ...config, in_channels: reads, _locref: own };
}

/** How a run shows places to the UNet. */
interface Placing {
  /** Octaves of coordinates. */
  readonly coordinates: number;
  /** How the composite image and the coordinates lie in a square. */
  readonly compositeFit: SquareFit;
}

/**
 * The placing that a run trains with: its config's where that names it, else that of the model that
 * it starts from, else no coordinates and a stretched composite image.
 *
 * @throws {LocRefError} `config-invalid` where the coordinates differ from those of the start.
 */
export async function placingOf(
  { start, coordinates, compositeFit }: Partial<Placing> & {
    readonly start?: string;
  },
): Promise<Placing> {
  if (start === undefined) {
    return {
      coordinates: coordinates ?? 0,
      compositeFit: compositeFit ?? "stretch",
    };
  }
  const file = join(start, "unet", "config.json");
  const { config } = parseUnetConfig(await readConfigFile(file), { file });
  const { coordinates: own = 0 } = config;
  if (coordinates === undefined || coordinates === own) {
    return {
      coordinates: own,
      compositeFit: compositeFit ?? await compositeFitOf(start),
    };
  }
  throw new LocRefError(
    "config-invalid",
    `Key "coordinates" is ${coordinates}, but the model of "start" has ${own} (${
      quotePath(file)
    })`,
  );
}

/** How the composite image lies in the encoder's square for the model in a folder. */
async function compositeFitOf(model: string): Promise<SquareFit> {
  const adapter = await openLocRef(join(model, "locref", "locref.safetensors"));
  return adapter.compositeFit;
}

const levels = {
  _class_name: "UNet2DConditionModel",
  act_fn: "silu",
  attention_head_dim: [4, 4, 2],
  block_out_channels: [128, 80, 48],
  center_input_sample: false,
  cross_attention_dim: clipTextConfig.hidden_size,
  down_block_types: [
    "CrossAttnDownBlock2D",
    "CrossAttnDownBlock2D",
    "DownBlock2D",
  ],
  downsample_padding: 1,
  flip_sin_to_cos: true,
  freq_shift: 0,
  layers_per_block: 1,
  mid_block_type: "UNetMidBlock2DCrossAttn",
  norm_eps: 1e-5,
  norm_num_groups: 16,
  transformer_layers_per_block: 1,
  up_block_types: ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"],
  use_linear_projection: false,
} as const;

/**
 * The scheduler entry of the pocket model: the betas of Stable Diffusion 1.5, and v in place of the
 * noise (Salimans & Ho 2022). A model that predicts the noise has a small loss where noise
 * dominates, however wrong its picture is; but those steps decide shapes, which references define.
 */
export const schedulerConfig = {
  _class_name: "DDIMScheduler",
  beta_end: 0.012,
  beta_schedule: "scaled_linear",
  beta_start: 0.00085,
  clip_sample: false,
  num_train_timesteps: 1000,
  prediction_type: "v_prediction",
  set_alpha_to_one: false,
  steps_offset: 1,
  timestep_spacing: "leading",
} as const;

/**
 * `model_index.json` of the pocket model, with its own settings under `_locref`.
 *
 * @param sizes widths and heights that it was trained on beside its own.
 */
export function modelIndexOf(
  sizes: readonly (readonly [number, number])[],
): Record<string, unknown> {
  const own = { guidance: 2.2, steps: 20, ...(sizes.length > 0 && { sizes }) };
  return { ...parts, _locref: own };
}

const parts = {
  _class_name: "StableDiffusionPipeline",
  feature_extractor: [null, null],
  image_encoder: ["transformers", "CLIPVisionModelWithProjection"],
  requires_safety_checker: false,
  safety_checker: [null, null],
  scheduler: ["diffusers", "DDIMScheduler"],
  text_encoder: ["transformers", "CLIPTextModel"],
  tokenizer: ["transformers", "CLIPTokenizer"],
  unet: ["diffusers", "UNet2DConditionModel"],
  vae: ["diffusers", "AutoencoderKL"],
} as const;
