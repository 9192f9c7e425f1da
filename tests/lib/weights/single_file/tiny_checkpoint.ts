import { join } from "@std/path";
import { textKeyValueProgram } from "../../../../lib/bases/sd/key_value_programs.ts";
import type { UnetConfig } from "../../../../lib/bases/sd/unet_config.ts";
import { unetProgram } from "../../../../lib/bases/sd/unet_program.ts";
import { clipTextProgram } from "../../../../lib/encoders/clip_text.ts";
import { vaePrograms } from "../../../../lib/encoders/vae_programs.ts";
import type { Program } from "../../../../lib/ops/executor.ts";
import { listAllWeights } from "../../../../lib/ops/list_weights.ts";
import { sizeOf } from "../../../../lib/core/tensor.ts";
import { unetNames } from "../../../../lib/weights/single_file/unet_names.ts";
import { writeSafetensors } from "../../../../lib/weights/safetensors/write_safetensors.ts";

/** Weights by name. */
export type Weights = Map<
  string,
  { shape: readonly number[]; data: Float32Array }
>;

const size = { height: 8, width: 8 };

/** Numbers of heads and groups are those of Stable Diffusion 1.x, which shapes do not show. */
const configs = {
  unet: {
    in_channels: 4,
    out_channels: 4,
    block_out_channels: [32, 64],
    down_block_types: ["CrossAttnDownBlock2D", "DownBlock2D"],
    up_block_types: ["UpBlock2D", "CrossAttnUpBlock2D"],
    layers_per_block: 2,
    attention_head_dim: 8,
    cross_attention_dim: 64,
    norm_num_groups: 32,
    norm_eps: 1e-5,
    sample_size: 64,
  },
  vae: {
    in_channels: 3,
    out_channels: 3,
    latent_channels: 4,
    block_out_channels: [32, 32],
    down_block_types: ["DownEncoderBlock2D", "DownEncoderBlock2D"],
    up_block_types: ["UpDecoderBlock2D", "UpDecoderBlock2D"],
    layers_per_block: 2,
    norm_num_groups: 32,
    scaling_factor: 0.18215,
  },
  text_encoder: {
    vocab_size: 49408,
    hidden_size: 64,
    intermediate_size: 128,
    num_hidden_layers: 2,
    num_attention_heads: 1,
    hidden_act: "quick_gelu" as const,
    layer_norm_eps: 1e-5,
    max_position_embeddings: 77,
  },
};

/** The parts of a model of the shape of Stable Diffusion 1.x, in the names of diffusers. */
export function tinyParts(): Record<keyof typeof configs, Weights> {
  const unet: UnetConfig = configs.unet;
  return {
    unet: drawn({
      unet: () => unetProgram(unet, { size }),
      text: () => textKeyValueProgram(unet),
    }),
    vae: drawn(vaePrograms(configs.vae, size)),
    text_encoder: drawn({ text: () => clipTextProgram(configs.text_encoder) }),
  };
}

/** Small values, all different; norms multiply by about one. */
export function drawn(
  programs: Readonly<Record<string, () => Program>>,
): Weights {
  let next = 0;
  return new Map(
    [...listAllWeights(programs)].map(([name, shape]) => {
      const from = next++;
      const offset = /norm.*\.weight$/.test(name) ? 1 : 0;
      const data = new Float32Array(sizeOf(shape))
        .map((_, i) => offset + 0.1 * Math.sin(from + 1.7 * i));
      return [name, { shape, data }];
    }),
  );
}

/** Writes the parts as a folder in the layout of diffusers. */
export async function writeFolder(
  folder: string,
  parts: Partial<ReturnType<typeof tinyParts>>,
): Promise<string> {
  for (const [part, weights] of Object.entries(parts)) {
    await Deno.mkdir(join(folder, part), { recursive: true });
    await Deno.writeTextFile(
      join(folder, part, "config.json"),
      JSON.stringify(configs[part as keyof typeof configs]),
    );
    const name = part === "text_encoder" ? "model" : "diffusion_pytorch_model";
    await writeSafetensors(join(folder, part, `${name}.safetensors`), weights);
  }
  await Deno.mkdir(join(folder, "scheduler"));
  await Deno.writeTextFile(
    join(folder, "scheduler", "scheduler_config.json"),
    JSON.stringify({
      _class_name: "PNDMScheduler",
      beta_start: 0.00085,
      beta_end: 0.012,
      beta_schedule: "scaled_linear",
      num_train_timesteps: 1000,
      clip_sample: false,
      set_alpha_to_one: false,
      skip_prk_steps: true,
      steps_offset: 1,
    }),
  );
  return folder;
}

/** Writes the parts as a checkpoint in one file, under original names. */
export async function writeSingleFile(
  path: string,
  parts: Partial<ReturnType<typeof tinyParts>>,
  metadata: Record<string, string> = {},
): Promise<string> {
  const tensors: Weights = new Map();
  const modules = unetNames([...parts.unet?.keys() ?? []]);
  for (const [name, weight] of parts.unet ?? []) {
    // behind the attention of the same block, where there is one
    const original = modules.toOriginal(name).at(
      name.startsWith("up_blocks.0.") ? 0 : -1,
    );
    tensors.set(`model.diffusion_model.${original}`, weight);
  }
  for (const [name, { shape, data }] of parts.vae ?? []) {
    const original = originalVae(name);
    const convolution = /attn_1\.(q|k|v|proj_out)\.weight$/.test(original);
    tensors.set(`first_stage_model.${original}`, {
      shape: convolution ? [...shape, 1, 1] : shape,
      data,
    });
  }
  for (const [name, weight] of parts.text_encoder ?? []) {
    tensors.set(`cond_stage_model.transformer.${name}`, weight);
  }
  const ballast = { shape: [1], data: new Float32Array(1) };
  for (const name of ["betas", "model_ema.decay", "loss.logvar"]) {
    tensors.set(name, ballast);
  }
  await writeSafetensors(path, tensors, { metadata });
  return path;
}

/** Names of a VAE of two levels; the original decoder counts its levels from the finest. */
export function originalVae(name: string): string {
  return name
    .replace(/up_blocks\.(\d)/, (_, level) => `up.${1 - Number(level)}`)
    .replace(/down_blocks\.(\d)/, "down.$1")
    .replace(/mid_block\.resnets\.(\d)/, (_, i) => `mid.block_${Number(i) + 1}`)
    .replace("mid_block.attentions.0", "mid.attn_1")
    .replace(/\.resnets\.(\d)/, ".block.$1")
    .replace(/(up|down)samplers\.0/, "$1sample")
    .replace("conv_shortcut", "nin_shortcut")
    .replace("conv_norm_out", "norm_out")
    .replace("group_norm", "norm")
    .replace(/to_([qkv])\b/, "$1")
    .replace("to_out.0", "proj_out");
}
