import {
  type ClipTextForm,
  clipTextProgram,
  skippedName,
  wrappedTextName,
} from "../../encoders/clip_text.ts";
import {
  currentVaeName,
  decodingMemory,
  vaeFactor,
} from "../../encoders/vae_config.ts";
import { LocRefError } from "../../core/error.ts";
import type { Size } from "../../core/geometry.ts";
import { vaePrograms } from "../../encoders/vae_programs.ts";
import type { Program, WeightSource } from "../../ops/executor.ts";
import { parseClipTextConfig } from "../../weights/configs/clip_config.ts";
import {
  type ModelIndex,
  parseModelIndex,
  stableDiffusionPipelines,
} from "../../weights/configs/model_index.ts";
import { parseSchedulerConfig } from "../../weights/configs/scheduler.ts";
import { parseUnetConfig } from "../../weights/configs/unet_config.ts";
import { parseVaeConfig } from "../../weights/configs/vae_config.ts";
import {
  type ModelSource,
  type OpenBaseOptions,
  openSourcePart,
  pipelineOf,
} from "../../weights/model_source.ts";
import { renameWeights } from "../../weights/weight_sources.ts";
import { weightsWith } from "../adapter_inputs.ts";
import type { Base, NamedProgram, PictureSpace } from "../base.ts";
import type { DenoiserForm } from "../denoiser_shape.ts";
import type { BaseKind } from "../base_kind.ts";
import type { AttentionLayers } from "../places.ts";
import { attentionLayers } from "./attention_sites.ts";
import { checkUnetInputs } from "./check_unet_inputs.ts";
import { checkStableDiffusion, namedParts } from "./check_parts.ts";
import type { StableDiffusionParts } from "./stable_diffusion_parts.ts";
import { inferUnet } from "./infer_unet.ts";
import { stableDiffusionSettings } from "./settings_files.ts";
import { knownModels } from "./stable_diffusion_15.ts";
import { sdStepInputs } from "./step_inputs.ts";
import { readsMask, readsSizes } from "./unet_config.ts";
import { unetPrograms, unetShape } from "./unet_programs.ts";
import { sdText } from "./text.ts";

/** A Stable Diffusion model, opened but not loaded. */
export interface StableDiffusion extends Base, StableDiffusionParts {}

/** Stable Diffusion 1.x and 2.x: one text encoder, a UNet with cross-attention, a VAE. */
export const stableDiffusion: BaseKind<StableDiffusion> = {
  family: "sd",
  summary: "Stable Diffusion 1.x and 2.x: one text encoder, UNet, VAE",
  pipelines: stableDiffusionPipelines,
  matches({ index, has }) {
    const pipeline = pipelineOf(index);
    return typeof pipeline === "string"
      ? stableDiffusionPipelines.includes(pipeline)
      : !has("text_encoder_2") && !has("transformer");
  },
  open: async (source, options = {}) =>
    stableDiffusionOf(await openParts(source, options)),
  settings: stableDiffusionSettings,
  tokenizers: { tokenizer: "text_encoder" },
  denoiserOf: (config, place) =>
    unetShape(parseUnetConfig(config, place).config),
  denoiserIn(weights) {
    const config = inferUnet(weights);
    return readsSizes(config) ? undefined : unetShape(config);
  },
  known: knownModels,
};

async function openParts(
  source: ModelSource,
  options: OpenBaseOptions,
): Promise<StableDiffusionParts> {
  const { sizes, ...defaults } = readIndex(source, options);
  const parts = await openSharedParts(source, options);
  checkUnetInputs(parts.unet);
  return { ...parts, defaults, sizes };
}

/** The parts that Stable Diffusion XL has too. */
export async function openSharedParts(
  source: ModelSource,
  options: OpenBaseOptions,
): Promise<Omit<StableDiffusionParts, "defaults" | "sizes">> {
  const vae = await openSourcePart(source, "vae", parseVaeConfig, {
    ...options,
    rename: (weights) => renameWeights(weights, currentVaeName),
  });
  const { value, file } = await source.scheduler();
  const scheduler = parseSchedulerConfig(value, { file });
  for (const warning of scheduler.warnings) options.onWarning?.(warning);
  return {
    folder: source.path,
    tokenizer: source.tokenizer("tokenizer"),
    scheduler: scheduler.config,
    schedulerFile: file,
    text: await openSourcePart(
      source,
      "text_encoder",
      parseClipTextConfig,
      {
        ...options,
        rename: (weights) => renameWeights(weights, wrappedTextName),
      },
    ),
    unet: await openSourcePart(source, "unet", parseUnetConfig, options),
    vae,
  };
}

function readIndex(
  { index }: ModelSource,
  { onWarning }: OpenBaseOptions,
): ModelIndex {
  if (index === undefined) return {};
  const { value, file } = index;
  const { config, warnings } = parseModelIndex(value, { file });
  for (const warning of warnings) onWarning?.(warning);
  return config;
}

/** A base of opened parts. */
function stableDiffusionOf(
  parts: StableDiffusionParts,
): StableDiffusion {
  const { unet } = parts;
  return {
    ...parts,
    family: "sd",
    ...spaceOf(parts),
    denoiser: unetShape(unet.config),
    styleBlocks: {
      style: ["up_blocks.1"],
      layout: ["down_blocks.2", "mid_block"],
    },
    parts: namedParts(parts),
    tokenizers: { tokenizer: parts.tokenizer },
    ...sdText(parts),
    stepInputs: (_text, { guidance }) => sdStepInputs(unet.config, guidance),
    reads: {
      mask: readsMask(unet.config),
      guidance: Boolean(unet.config.time_cond_proj_dim),
      clipSkip: parts.text.config.num_hidden_layers - 1,
    },
    programs: (form) => programsOf(parts, form),
    check: () => checkStableDiffusion(parts, programsOf(parts, anySize)),
  };
}

/** Latents, sizes of pictures, and attention layers of a UNet with its VAE. */
export function spaceOf(
  { unet, vae, sizes }: Pick<StableDiffusionParts, "unet" | "vae" | "sizes">,
): PictureSpace & AttentionLayers {
  const factor = vaeFactor(vae.config);
  const side = unet.config.sample_size * factor;
  const { coordinates = 0, coordinateFit = "stretch" } = unet.config;
  return {
    latent: {
      channels: unet.config.out_channels,
      factor,
      scale: vae.config.scaling_factor,
      shift: 0,
    },
    nativeSize: { height: side, width: side },
    ...(sizes && { trainedSizes: sizesOf(sizes, factor) }),
    ...(coordinates > 0 && { coordinateFit }),
    sizeStep: factor * 2 ** (unet.config.block_out_channels.length - 1),
    decodingMemory: (size) => decodingMemory(vae.config, size),
    ...attentionLayers(unet.config),
  };
}

/** Sizes of a model's file, which the VAE's factor must divide. */
function sizesOf(
  sizes: NonNullable<ModelIndex["sizes"]>,
  factor: number,
): Size[] {
  return sizes.map(([width, height]) => {
    if (width % factor === 0 && height % factor === 0) return { width, height };
    throw new LocRefError(
      "config-invalid",
      `Key "_locref.sizes" of model_index.json has [${width}, ${height}]: both must be multiples of ${factor}, the pixels of a latent cell`,
    );
  });
}

const anySize: DenoiserForm = { size: { height: 8, width: 8 } };

function programsOf(
  { text, unet, vae }: StableDiffusionParts,
  form: DenoiserForm,
): NamedProgram[] {
  return [
    textEncoder("text_encoder", text, form, { skip: form.clipSkip }),
    ...namedUnet(unet, form),
    ...named("vae", vae.weights, vaePrograms(vae.config, form.size)),
  ];
}

/** The program of a text encoder, which is the part of its name. */
export function textEncoder(
  name: string,
  { config, weights }: StableDiffusionParts["text"],
  { clipSkip }: DenoiserForm,
  state: ClipTextForm,
): NamedProgram {
  const program = () =>
    clipTextProgram(config, state, skippedName(name, clipSkip));
  return { ...{ name, part: name, weights, program }, onceAScene: true };
}

/** The programs that read a UNet's weights; keys and values of text are computed once a scene. */
export function namedUnet(
  { config, weights }: StableDiffusionParts["unet"],
  form: DenoiserForm,
): NamedProgram[] {
  return named(
    "unet",
    weightsWith(weights, form.adapters),
    unetPrograms(config, form),
  ).map((one) => ({ ...one, onceAScene: one.name === "text_key_value" }));
}

/** Programs of one part, by name. */
export function named(
  part: string,
  weights: WeightSource,
  programs: Readonly<Record<string, () => Program>>,
): NamedProgram[] {
  return Object.entries(programs)
    .map(([name, program]) => ({ name, part, weights, program }));
}
