/** Stand-ins for files on the hub, of a few bytes, whose headers and configs say what the public ones do. */

import {
  jsonFile,
  rawSafetensors,
  type Shapes,
} from "../../weights/raw_safetensors.ts";

/** Files of a repository by path. */
export type Files = Record<string, Uint8Array<ArrayBuffer>>;

const unet = "model.diffusion_model.";
const token = "embeddings.token_embedding.weight";

const vae: Shapes = {
  "first_stage_model.decoder.conv_in.weight": [1, 4, 1, 1],
  "first_stage_model.encoder.conv_in.weight": [1, 3, 1, 1],
};

/** A checkpoint of Stable Diffusion 1.x whose UNet reads so many channels. */
export function checkpoint15(channels = 4): Shapes {
  return {
    [`${unet}input_blocks.0.0.weight`]: [1, channels, 1, 1],
    [`${unet}output_blocks.0.0.in_layers.0.weight`]: [1],
    [`${unet}input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight`]: [
      1,
      768,
    ],
    [`cond_stage_model.transformer.text_model.${token}`]: [2, 1],
    ...vae,
  };
}

/** A checkpoint of Stable Diffusion XL, or of its refiner by the width of its text. */
export function checkpointXl(width = 2048): Shapes {
  const refiner = width === 1280;
  return {
    [`${unet}input_blocks.0.0.weight`]: [1, 4, 1, 1],
    [`${unet}output_blocks.0.0.in_layers.0.weight`]: [1],
    [`${unet}input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight`]: [
      1,
      width,
    ],
    ...(refiner
      ? { "conditioner.embedders.0.model.token_embedding.weight": [2, 1] }
      : {
        [`conditioner.embedders.0.transformer.text_model.${token}`]: [2, 1],
        "conditioner.embedders.1.model.token_embedding.weight": [2, 1],
      }),
    ...vae,
  };
}

/** Shapes without those whose names match. */
export function without(shapes: Shapes, pattern: RegExp): Shapes {
  return Object.fromEntries(
    Object.entries(shapes).filter(([name]) => !pattern.test(name)),
  );
}

const scheduler = {
  _class_name: "PNDMScheduler",
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: "scaled_linear",
  num_train_timesteps: 1000,
};

/** A repository in the layout of diffusers. */
export function repository(
  index: Readonly<Record<string, unknown>>,
  unetConfig?: Readonly<Record<string, unknown>>,
  parts: readonly string[] = ["text_encoder", "vae"],
): Files {
  const files: Files = {
    "model_index.json": jsonFile(index),
    "scheduler/scheduler_config.json": jsonFile(scheduler),
  };
  for (const part of unetConfig ? [...parts, "unet"] : parts) {
    const name = part.startsWith("text") ? "model" : "diffusion_pytorch_model";
    files[`${part}/config.json`] = jsonFile(part === "unet" ? unetConfig : {});
    files[`${part}/${name}.safetensors`] = rawSafetensors({ x: [1] });
    if (!part.startsWith("text")) continue;
    const tokenizer = part.replace("text_encoder", "tokenizer");
    files[`${tokenizer}/vocab.json`] = jsonFile({});
    files[`${tokenizer}/merges.txt`] = jsonFile("");
  }
  return files;
}

/** The names of one layer of a LoRA, which reads text of this width. */
export function loraShapes(width: number): Shapes {
  const layer =
    "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k";
  return {
    [`${layer}.lora_down.weight`]: [1, width],
    [`${layer}.lora_up.weight`]: [1, 1],
  };
}
