import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { textKeyValueProgram } from "../lib/bases/sd/key_value_programs.ts";
import { stableDiffusion15 } from "../lib/bases/sd/stable_diffusion_15.ts";
import type { UnetConfig } from "../lib/bases/sd/unet_config.ts";
import { unetProgram } from "../lib/bases/sd/unet_program.ts";
import {
  type ClipTextConfig,
  clipTextProgram,
} from "../lib/encoders/clip_text.ts";
import type { TaesdConfig } from "../lib/encoders/taesd/taesd_config.ts";
import { taesdDecoderProgram } from "../lib/encoders/taesd/taesd_decoder.ts";
import { taesdEncoderProgram } from "../lib/encoders/taesd/taesd_encoder.ts";
import { largeClipText } from "./large_models.ts";
import { writeRandomWeights } from "./random_weights.ts";
import {
  index,
  json,
  part,
  textConfig,
  writeEuler,
  writeTokenizer,
  writeVae,
} from "./whole_model.ts";

/** Where the model of SD-Turbo's size lies. */
export const turboModel = ".cache/bench/turbo";

/** Where the tiny VAE lies. */
export const tinyVae = ".cache/bench/taesd";

const latents = { height: 64, width: 64 };

const unet: UnetConfig = {
  ...stableDiffusion15,
  attention_head_dim: [5, 10, 20, 20],
  cross_attention_dim: 1024,
  use_linear_projection: true,
};

/** OpenCLIP ViT-H's text encoder without its last layer. */
const text: ClipTextConfig = {
  ...largeClipText,
  hidden_size: 1024,
  intermediate_size: 4096,
  num_attention_heads: 16,
  num_hidden_layers: 23,
  hidden_act: "gelu",
};

/** Writes, once, a folder of SD-Turbo's size (Stable Diffusion 2.1) with random weights in fp32. */
export async function prepareTurbo(): Promise<void> {
  await prepareTinyVae();
  if (existsSync(join(turboModel, "model_index.json"))) return;
  await part(turboModel, "unet", "diffusion_pytorch_model", {
    _class_name: "UNet2DConditionModel",
    ...unet,
  });
  await writeRandomWeights(
    join(turboModel, "unet", "diffusion_pytorch_model.safetensors"),
    [unetProgram(unet, { size: latents }), textKeyValueProgram(unet)],
  );
  await part(turboModel, "text_encoder", "model", textConfig(text));
  await writeRandomWeights(
    join(turboModel, "text_encoder", "model.safetensors"),
    [clipTextProgram(text)],
  );
  await writeVae(turboModel);
  await writeTokenizer(turboModel);
  await writeEuler(turboModel, { timestep_spacing: "trailing" });
  await json(turboModel, "model_index.json", {
    ...index,
    scheduler: ["diffusers", "EulerDiscreteScheduler"],
  });
}

const taesd: TaesdConfig = {
  encoder_block_out_channels: [64, 64, 64, 64],
  decoder_block_out_channels: [64, 64, 64, 64],
  num_encoder_blocks: [1, 3, 3, 3],
  num_decoder_blocks: [3, 3, 3, 1],
  latent_channels: 4,
};

async function prepareTinyVae(): Promise<void> {
  await mkdir(tinyVae, { recursive: true });
  await json(tinyVae, "config.json", {
    _class_name: "AutoencoderTiny",
    act_fn: "relu",
    in_channels: 3,
    out_channels: 3,
    latent_magnitude: 3,
    latent_shift: 0.5,
    scaling_factor: 1,
    ...taesd,
  });
  await writeRandomWeights(
    join(tinyVae, "diffusion_pytorch_model.safetensors"),
    [
      taesdDecoderProgram(taesd, latents),
      taesdEncoderProgram(taesd, { height: 512, width: 512 }),
    ],
  );
}
