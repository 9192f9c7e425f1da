/**
 * Configs of the parts of a checkpoint in one file, as diffusers and transformers would write them.
 * Sizes come from shapes; numbers of heads and groups, which shapes do not show, from the family.
 */

import type { WeightSource } from "../../ops/executor.ts";
import type { Family, PredictionType } from "./family.ts";
import type { Prediction } from "./prediction.ts";

/** A config as its file would hold it. */
export type Config = Readonly<Record<string, unknown>>;

type Header = Pick<WeightSource, "names" | "info">;

/** Values along an axis of a weight; 1 where there is none, which the check of the model names. */
function dim({ info }: Header, name: string, axis: number): number {
  return info(name)?.shape[axis] ?? 1;
}

/** How many different numbers stand where `pattern` has its group. */
function count({ names }: Header, pattern: RegExp): number {
  return new Set(names().flatMap((name) => pattern.exec(name)?.[1] ?? [])).size;
}

/** Side of the latents that a family was trained on. */
const sides: Readonly<Record<Family, number>> = { sd1: 64, sd2: 96, sdxl: 128 };

/** The config of a UNet. */
export function unetConfig(
  weights: Header,
  { family, metadata = {}, prediction }: {
    family: Family;
    metadata?: Readonly<Record<string, string>>;
    /** Kind of its prediction, where it is known. */
    prediction?: PredictionType;
  },
): Config {
  const inputs = dim(weights, "conv_in.weight", 1);
  // of Stable Diffusion 2.x those that predict noise or read a mask were trained on 512 pixels
  const small = family === "sd2" && (prediction === "epsilon" || inputs === 9);
  const levels = count(weights, /^down_blocks\.(\d+)\./);
  const channels = Array.from(
    { length: levels },
    (_, i) => dim(weights, `down_blocks.${i}.resnets.0.conv1.weight`, 0),
  );
  const attends = (block: string) =>
    weights.info(`${block}.attentions.0.norm.weight`) !== undefined;
  const types = (way: "Down" | "Up") =>
    channels.map((_, i) =>
      attends(`${way.toLowerCase()}_blocks.${i}`)
        ? `CrossAttn${way}Block2D`
        : `${way}Block2D`
    );
  const read = weights.names().find((name) =>
    /attn2\.to_k\.weight$/.test(name)
  );
  return {
    _class_name: "UNet2DConditionModel",
    in_channels: inputs,
    out_channels: dim(weights, "conv_out.weight", 0),
    block_out_channels: channels,
    down_block_types: types("Down"),
    up_block_types: types("Up"),
    layers_per_block: count(weights, /^down_blocks\.0\.resnets\.(\d+)\./),
    attention_head_dim: family === "sd1" ? 8 : channels.map(headsOf),
    transformer_layers_per_block: depths(weights, levels),
    cross_attention_dim: dim(weights, read ?? "", 1),
    norm_num_groups: 32,
    use_linear_projection:
      weights.info("mid_block.attentions.0.proj_in.weight")?.shape.length === 2,
    sample_size: sideOf(metadata) ?? (small ? 64 : sides[family]),
    ...additions(weights),
  };
}

/** Inputs of a UNet beside text: sizes and pooled text in SDXL, the guidance in LCM. */
function additions(weights: Header): Config {
  const added = weights.info("add_embedding.linear_1.weight")?.shape[1];
  const guidance = weights.info("time_embedding.cond_proj.weight")?.shape[1];
  return {
    ...(added !== undefined && {
      addition_embed_type: "text_time",
      addition_time_embed_dim: 256,
      projection_class_embeddings_input_dim: added,
    }),
    ...(guidance !== undefined && { time_cond_proj_dim: guidance }),
  };
}

/** Layers of each level's attention; a level without any has one, and the last those of the middle block. */
function depths(weights: Header, levels: number): number[] {
  const deepest = count(
    weights,
    /^mid_block\.attentions\.0\.transformer_blocks\.(\d+)\./,
  );
  return Array.from({ length: levels }, (_, i) =>
    count(
      weights,
      new RegExp(
        `^down_blocks\\.${i}\\.attentions\\.0\\.transformer_blocks\\.(\\d+)\\.`,
      ),
    ) || (i === levels - 1 ? deepest : 0) || 1);
}

/** Heads are 64 wide. */
function headsOf(width: number): number {
  return Math.max(1, Math.floor(width / 64));
}

/** Side of the latents by the resolution in a file's metadata. */
function sideOf(
  metadata: Readonly<Record<string, string>>,
): number | undefined {
  const [, width, height] =
    /^(\d+)x(\d+)$/.exec(metadata["modelspec.resolution"] ?? "") ?? [];
  if (width !== undefined && width === height && Number(width) % 8 === 0) {
    return Number(width) / 8;
  }
  return /v2-512/.test(metadata["modelspec.architecture"] ?? "")
    ? 64
    : undefined;
}

/** The config of a VAE. */
export function vaeConfig(weights: Header, family: Family): Config {
  const levels = count(weights, /^encoder\.down_blocks\.(\d+)\./) ||
    count(weights, /^decoder\.up_blocks\.(\d+)\./);
  const each = (type: string) => Array<string>(levels).fill(type);
  return {
    _class_name: "AutoencoderKL",
    in_channels: 3,
    out_channels: 3,
    latent_channels: dim(weights, "decoder.conv_in.weight", 1),
    block_out_channels: Array.from(
      { length: levels },
      (_, i) =>
        dim(weights, `encoder.down_blocks.${i}.resnets.0.conv1.weight`, 0),
    ),
    down_block_types: each("DownEncoderBlock2D"),
    up_block_types: each("UpDecoderBlock2D"),
    layers_per_block: count(
      weights,
      /^encoder\.down_blocks\.0\.resnets\.(\d+)\./,
    ),
    norm_num_groups: 32,
    scaling_factor: family === "sdxl" ? 0.13025 : 0.18215,
    force_upcast: family === "sdxl",
  };
}

/** The config of a text encoder; those of OpenCLIP have another activation than CLIP-L. */
export function textConfig(
  weights: Header,
  { openClip }: { openClip: boolean },
): Config {
  const embeddings = "text_model.embeddings";
  const width = dim(weights, `${embeddings}.token_embedding.weight`, 1);
  return {
    model_type: "clip_text_model",
    vocab_size: dim(weights, `${embeddings}.token_embedding.weight`, 0),
    hidden_size: width,
    intermediate_size: dim(
      weights,
      "text_model.encoder.layers.0.mlp.fc1.weight",
      0,
    ),
    num_hidden_layers: count(weights, /^text_model\.encoder\.layers\.(\d+)\./),
    num_attention_heads: headsOf(width),
    max_position_embeddings: dim(
      weights,
      `${embeddings}.position_embedding.weight`,
      0,
    ),
    hidden_act: openClip ? "gelu" : "quick_gelu",
    projection_dim: weights.info("text_projection.weight")?.shape[0] ?? width,
  };
}

/** Schedulers of the public models, by family. */
const schedulers: Readonly<Record<Family, string>> = {
  sd1: "PNDMScheduler",
  sd2: "DDIMScheduler",
  sdxl: "EulerDiscreteScheduler",
};

/** The config of a scheduler. */
export function schedulerConfig(
  family: Family,
  { type, zeroSnr }: Pick<Prediction, "type" | "zeroSnr">,
): Config {
  const rescaled = zeroSnr && type === "v_prediction";
  return {
    _class_name: schedulers[family],
    num_train_timesteps: 1000,
    beta_start: 0.00085,
    beta_end: 0.012,
    beta_schedule: "scaled_linear",
    clip_sample: false,
    set_alpha_to_one: false,
    skip_prk_steps: true,
    steps_offset: 1,
    prediction_type: type,
    timestep_spacing: rescaled ? "trailing" : "leading",
    ...(rescaled && { rescale_betas_zero_snr: true }),
  };
}

/** The index of a pipeline. */
export function indexConfig(family: Family): Config {
  return family === "sdxl"
    ? {
      _class_name: "StableDiffusionXLPipeline",
      force_zeros_for_empty_prompt: true,
    }
    : { _class_name: "StableDiffusionPipeline" };
}
