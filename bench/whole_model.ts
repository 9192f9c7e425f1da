import { existsSync } from "node:fs";
import { cp, mkdir, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { vaeDecoderProgram } from "../lib/encoders/vae_decoder.ts";
import { vaeEncoderProgram } from "../lib/encoders/vae_encoder.ts";
import { stableDiffusion15 } from "../lib/bases/sd/stable_diffusion_15.ts";
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

const index = {
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
  await part("unet", "diffusion_pytorch_model", {
    _class_name: "UNet2DConditionModel",
    ...stableDiffusion15,
  }, largeWeights("unet"));
  await part("text_encoder", "model", {
    architectures: ["CLIPTextModel"],
    model_type: "clip_text_model",
    bos_token_id: 4094,
    eos_token_id: 4095,
    pad_token_id: 4095,
    ...largeClipText,
  }, largeWeights("clip-text"));
  const vae = join(wholeModel, "vae", "diffusion_pytorch_model.safetensors");
  await part("vae", "diffusion_pytorch_model", {
    _class_name: "AutoencoderKL",
    down_block_types: Array(4).fill("DownEncoderBlock2D"),
    up_block_types: Array(4).fill("UpDecoderBlock2D"),
    ...largeVae,
  });
  await writeRandomWeights(vae, [
    vaeDecoderProgram(largeVae, { height: 64, width: 64 }),
    vaeEncoderProgram(largeVae, { height: 512, width: 512 }),
  ]);
  for (const name of ["tokenizer", "scheduler"]) {
    const from = join("models/pocket", name);
    await cp(from, join(wholeModel, name), { recursive: true });
  }
  await json("tokenizer/tokenizer_config.json", tokenizer);
  await json("model_index.json", index);
}

async function part(
  name: string,
  file: string,
  config: unknown,
  weights?: string,
): Promise<void> {
  await mkdir(join(wholeModel, name), { recursive: true });
  await json(`${name}/config.json`, config);
  const link = join(wholeModel, name, `${file}.safetensors`);
  if (weights === undefined || existsSync(link)) return;
  await symlink(resolve(weights), link);
}

async function json(path: string, value: unknown): Promise<void> {
  const text = `${JSON.stringify(value, null, 2)}\n`;
  await writeFile(join(wholeModel, path), text);
}
