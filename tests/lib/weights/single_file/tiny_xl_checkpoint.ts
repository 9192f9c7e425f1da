import { stableDiffusionXlBase } from "../../../../lib/bases/sdxl/known_models.ts";
import { textKeyValueProgram } from "../../../../lib/bases/sd/key_value_programs.ts";
import type { UnetConfig } from "../../../../lib/bases/sd/unet_config.ts";
import { unetProgram } from "../../../../lib/bases/sd/unet_program.ts";
import {
  type ClipTextConfig,
  clipTextProgram,
} from "../../../../lib/encoders/clip_text.ts";
import { unetNames } from "../../../../lib/weights/single_file/unet_names.ts";
import { writeSafetensors } from "../../../../lib/weights/safetensors/write_safetensors.ts";
import {
  drawn,
  originalVae,
  tinyParts,
  type Weights,
} from "./tiny_checkpoint.ts";

const width = 64;

/** Levels, heads of 64 and groups are those of Stable Diffusion XL, which shapes do not show. */
const unetConfig: UnetConfig = {
  ...stableDiffusionXlBase,
  block_out_channels: [32, width, width],
  attention_head_dim: [1, 1, 1],
  transformer_layers_per_block: [1, 1, 2],
  cross_attention_dim: 2 * width,
  projection_class_embeddings_input_dim: width + 6 * 256,
};

const text: ClipTextConfig = {
  vocab_size: 49408,
  hidden_size: width,
  intermediate_size: 2 * width,
  num_hidden_layers: 3,
  num_attention_heads: 1,
  hidden_act: "quick_gelu",
  layer_norm_eps: 1e-5,
  max_position_embeddings: 77,
  projection_dim: width,
};

/** Weights of a UNet of the form of Stable Diffusion XL's, in the names of diffusers. */
export function tinyXlUnet(): Weights {
  const size = { height: 8, width: 8 };
  return drawn({
    unet: () => unetProgram(unetConfig, { size }),
    text: () => textKeyValueProgram(unetConfig),
  });
}

/** Writes a checkpoint of the form of Stable Diffusion XL in one file, under original names. */
export async function writeXlFile(path: string): Promise<string> {
  const tensors: Weights = new Map();
  const unet = tinyXlUnet();
  const modules = unetNames([...unet.keys()]);
  for (const [name, weight] of unet) {
    // an upsampler stands behind the attention of its block, where there is one
    const original = modules.toOriginal(name).at(
      name.startsWith("up_blocks.2.") ? 0 : -1,
    );
    tensors.set(`model.diffusion_model.${original}`, weight);
  }
  for (const [name, { shape, data }] of tinyParts().vae) {
    const original = originalVae(name);
    const convolution = /attn_1\.(q|k|v|proj_out)\.weight$/.test(original);
    tensors.set(`first_stage_model.${original}`, {
      shape: convolution ? [...shape, 1, 1] : shape,
      data,
    });
  }
  for (const [name, weight] of drawn({ text: () => clipTextProgram(text) })) {
    tensors.set(`conditioner.embedders.0.transformer.${name}`, weight);
  }
  const second = drawn({
    text: () => clipTextProgram(text, { projected: true }),
  });
  for (const [name, weight] of openClip(second)) {
    tensors.set(`conditioner.embedders.1.model.${name}`, weight);
  }
  await writeSafetensors(path, tensors);
  return path;
}

/** Weights of a text encoder under the names of OpenCLIP. */
function openClip(weights: Weights): Weights {
  const found: Weights = new Map();
  for (const [name, weight] of weights) {
    const joined = /^(.*)\.self_attn\.q_proj\.(weight|bias)$/.exec(name);
    if (joined !== null) {
      const all = ["q", "k", "v"].map((one) =>
        weights.get(name.replace("q_proj", `${one}_proj`))!
      );
      const [rows, ...rest] = weight.shape;
      found.set(`${openClipName(joined[1]!)}.attn.in_proj_${joined[2]}`, {
        shape: [3 * rows!, ...rest],
        data: Float32Array.from(all.flatMap(({ data }) => [...data])),
      });
    } else if (name === "text_projection.weight") {
      found.set("text_projection", transposed(weight));
    } else if (!/\.(k|v)_proj\./.test(name)) {
      found.set(openClipName(name), weight);
    }
  }
  return found;
}

function openClipName(name: string): string {
  return name.replace("text_model.encoder.layers.", "transformer.resblocks.")
    .replace(
      "text_model.embeddings.position_embedding.weight",
      "positional_embedding",
    )
    .replace("text_model.embeddings.token_embedding", "token_embedding")
    .replace("text_model.final_layer_norm", "ln_final")
    .replace("layer_norm1", "ln_1").replace("layer_norm2", "ln_2")
    .replace("self_attn.out_proj", "attn.out_proj")
    .replace("mlp.fc1", "mlp.c_fc").replace("mlp.fc2", "mlp.c_proj");
}

function transposed(
  { shape, data }: { shape: readonly number[]; data: Float32Array },
) {
  const [rows, columns] = shape as [number, number];
  return {
    shape: [columns, rows],
    data: data.map((_, i) =>
      data[(i % rows) * columns + Math.floor(i / rows)]!
    ),
  };
}
