import { existsSync } from "node:fs";
import { cp, mkdir, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { ClipTextConfig } from "../lib/encoders/clip_text.ts";
import { vaeDecoderProgram } from "../lib/encoders/vae_decoder.ts";
import { vaeEncoderProgram } from "../lib/encoders/vae_encoder.ts";
import { stableDiffusion15 } from "../lib/bases/sd/stable_diffusion_15.ts";
import type { WritableDType } from "../lib/weights/safetensors/write_safetensors.ts";
import {
  largeClipText,
  largeVae,
  largeWeights,
  prepareClipText,
  prepareUnet,
} from "./large_models.ts";
import { writeRandomWeights } from "./random_weights.ts";

/** Where the whole model lies. */
export const wholeModel = ".cache/bench/whole";

/** Words of the pocket model, positions of the large one. */
const tokenizer = {
  tokenizer_class: "CLIPTokenizer",
  model_max_length: largeClipText.max_position_embeddings,
  do_lower_case: true,
  bos_token: "<|startoftext|>",
  eos_token: "<|endoftext|>",
  unk_token: "<|endoftext|>",
  pad_token: "<|endoftext|>",
};

/** `model_index.json` of a model with one text encoder. */
export const index = {
  _class_name: "StableDiffusionPipeline",
  feature_extractor: [null, null],
  requires_safety_checker: false,
  safety_checker: [null, null],
  scheduler: ["diffusers", "DDIMScheduler"],
  text_encoder: ["transformers", "CLIPTextModel"],
  tokenizer: ["transformers", "CLIPTokenizer"],
  unet: ["diffusers", "UNet2DConditionModel"],
  vae: ["diffusers", "AutoencoderKL"],
};

/**
 * Writes, once, a folder in the layout of Stable Diffusion 1.5 with random weights in fp32; the
 * UNet's file is a link to the one that is measured alone.
 */
export async function prepareWholeModel(): Promise<void> {
  await prepareUnet();
  await prepareClipText();
  if (existsSync(join(wholeModel, "model_index.json"))) return;
  await part(wholeModel, "unet", "diffusion_pytorch_model", {
    _class_name: "UNet2DConditionModel",
    ...stableDiffusion15,
  }, largeWeights("unet"));
  await part(
    wholeModel,
    "text_encoder",
    "model",
    textConfig(largeClipText),
    largeWeights("clip-text"),
  );
  await writeVae(wholeModel);
  await cp("models/pocket/scheduler", join(wholeModel, "scheduler"), {
    recursive: true,
  });
  await writeTokenizer(wholeModel);
  await json(wholeModel, "model_index.json", index);
}

/** `config.json` of a text encoder that reads the pocket model's words. */
export function textConfig(
  config: ClipTextConfig,
  architecture = "CLIPTextModel",
): object {
  return {
    architectures: [architecture],
    model_type: "clip_text_model",
    bos_token_id: 4094,
    eos_token_id: 4095,
    pad_token_id: 4095,
    ...config,
  };
}

/** Writes the settings of Euler's sampler on Stable Diffusion's betas. */
export async function writeEuler(
  folder: string,
  settings: { timestep_spacing: string; steps_offset?: number },
): Promise<void> {
  await mkdir(join(folder, "scheduler"), { recursive: true });
  await json(folder, "scheduler/scheduler_config.json", {
    _class_name: "EulerDiscreteScheduler",
    beta_start: 0.00085,
    beta_end: 0.012,
    beta_schedule: "scaled_linear",
    num_train_timesteps: 1000,
    prediction_type: "epsilon",
    ...settings,
  });
}

/** Writes the VAE of a model, with random weights; `config` goes before Stable Diffusion 1.5's. */
export async function writeVae(
  folder: string,
  { dtype, config }: { dtype?: WritableDType; config?: object } = {},
): Promise<void> {
  await part(folder, "vae", "diffusion_pytorch_model", {
    _class_name: "AutoencoderKL",
    down_block_types: Array(4).fill("DownEncoderBlock2D"),
    up_block_types: Array(4).fill("UpDecoderBlock2D"),
    ...largeVae,
    ...config,
  });
  const file = join(folder, "vae", "diffusion_pytorch_model.safetensors");
  await writeRandomWeights(file, [
    vaeDecoderProgram(largeVae, { height: 64, width: 64 }),
    vaeEncoderProgram(largeVae, { height: 512, width: 512 }),
  ], dtype);
}

/** Writes the tokenizer of a model: the pocket model's words. */
export async function writeTokenizer(folder: string): Promise<void> {
  await cp("models/pocket/tokenizer", join(folder, "tokenizer"), {
    recursive: true,
  });
  await json(folder, "tokenizer/tokenizer_config.json", tokenizer);
}

/** Writes a part's config, and a link to its weights where they lie elsewhere. */
export async function part(
  folder: string,
  name: string,
  file: string,
  config: unknown,
  weights?: string,
): Promise<void> {
  await mkdir(join(folder, name), { recursive: true });
  await json(folder, `${name}/config.json`, config);
  const link = join(folder, name, `${file}.safetensors`);
  if (weights === undefined || existsSync(link)) return;
  await symlink(resolve(weights), link);
}

/** Writes a settings file of a model. */
export async function json(
  folder: string,
  path: string,
  value: unknown,
): Promise<void> {
  const text = `${JSON.stringify(value, null, 2)}\n`;
  await writeFile(join(folder, path), text);
}
