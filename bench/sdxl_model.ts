import { existsSync } from "node:fs";
import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { textKeyValueProgram } from "../lib/bases/sd/key_value_programs.ts";
import {
  type ClipTextConfig,
  clipTextProgram,
} from "../lib/encoders/clip_text.ts";
import { largeClipText } from "./large_models.ts";
import { writeRandomWeights } from "./random_weights.ts";
import { sdxlConfig, sdxlStep } from "./sdxl_unet.ts";
import {
  json,
  part,
  textConfig,
  writeEuler,
  writeTokenizer,
  writeVae,
} from "./whole_model.ts";

/** Where the whole model of SDXL's size lies. */
export const sdxlModel = ".cache/bench/sdxl";

/** OpenCLIP ViT-bigG's text encoder, SDXL's second. */
const bigText: ClipTextConfig = {
  ...largeClipText,
  hidden_size: 1280,
  intermediate_size: 5120,
  num_attention_heads: 20,
  num_hidden_layers: 32,
  hidden_act: "gelu",
  projection_dim: 1280,
};

const index = {
  _class_name: "StableDiffusionXLPipeline",
  force_zeros_for_empty_prompt: true,
  scheduler: ["diffusers", "EulerDiscreteScheduler"],
  text_encoder: ["transformers", "CLIPTextModel"],
  text_encoder_2: ["transformers", "CLIPTextModelWithProjection"],
  tokenizer: ["transformers", "CLIPTokenizer"],
  tokenizer_2: ["transformers", "CLIPTokenizer"],
  unet: ["diffusers", "UNet2DConditionModel"],
  vae: ["diffusers", "AutoencoderKL"],
};

/** Writes, once, a folder of SDXL's size (6.9 GB) with random weights in half precision. */
export async function prepareSdxlModel(): Promise<void> {
  if (existsSync(join(sdxlModel, "model_index.json"))) return;
  await mkdir(sdxlModel, { recursive: true });
  await writeUnet();
  await writeText("text_encoder", "CLIPTextModel", largeClipText);
  await writeText("text_encoder_2", "CLIPTextModelWithProjection", bigText);
  await writeVae(sdxlModel, {
    dtype: "F16",
    config: { scaling_factor: 0.13025, force_upcast: true, sample_size: 1024 },
  });
  await writeTokenizer(sdxlModel);
  await cp(join(sdxlModel, "tokenizer"), join(sdxlModel, "tokenizer_2"), {
    recursive: true,
  });
  await writeEuler(sdxlModel, { steps_offset: 1, timestep_spacing: "leading" });
  await json(sdxlModel, "model_index.json", index);
}

async function writeUnet(): Promise<void> {
  const config = sdxlConfig(false);
  await part(sdxlModel, "unet", "diffusion_pytorch_model", {
    _class_name: "UNet2DConditionModel",
    addition_embed_type: "text_time",
    ...config,
  });
  await writeRandomWeights(
    join(sdxlModel, "unet", "diffusion_pytorch_model.safetensors"),
    [sdxlStep(false, 64), textKeyValueProgram(config)],
    "F16",
  );
}

async function writeText(
  name: string,
  architecture: string,
  config: ClipTextConfig,
): Promise<void> {
  await part(sdxlModel, name, "model", textConfig(config, architecture));
  const projected = config.projection_dim !== undefined;
  await writeRandomWeights(
    join(sdxlModel, name, "model.safetensors"),
    [clipTextProgram(config), clipTextProgram(config, { projected })],
    "F16",
  );
}
