/** `model_index.json` of a pipeline, as diffusers reads it, with our own settings under `_locref`. */

import * as v from "valibot";
import { field, flag, inertFields, only, real, whole } from "./model_fields.ts";
import { type ConfigPlace, parseConfig, type Parsed } from "./parse_config.ts";

/** Settings that a model brings along, where its file has them. */
export interface ModelIndex {
  /** Guidance scale. */
  readonly guidance?: number;
  /** Steps of the sampler. */
  readonly steps?: number;
  /** Widths and heights of the pictures that it was trained on beside its own size, in pixels. */
  readonly sizes?: readonly (readonly [number, number])[];
}

/** Library and class of a part. */
function part(classes: readonly string[], optional = false) {
  return v.optional(field<unknown>(
    (value) =>
      Array.isArray(value) && value.length === 2 &&
      (classes.includes(value[1]) || optional && value[1] === null),
    `must be [library, class] with the class ${classes.join(" or ")}`,
  ));
}

/** A part that pipelines of other kinds have. */
function absent(why: string) {
  return v.optional(field<unknown>(
    (value) =>
      value === null ||
      Array.isArray(value) && value.every((one) => one === null),
    `must be null (${why})`,
  ));
}

/** Pipelines of diffusers that have the parts of Stable Diffusion 1 and 2, the usual one first. */
export const stableDiffusionPipelines: readonly string[] = [
  "StableDiffusionPipeline",
  "StableDiffusionImg2ImgPipeline",
  "StableDiffusionInpaintPipeline",
  "StableDiffusionInpaintPipelineLegacy",
  "StableDiffusionAttendAndExcitePipeline",
  "StableDiffusionControlNetPipeline",
  "StableDiffusionDiffEditPipeline",
  "StableDiffusionModelEditingPipeline",
  "StableDiffusionPAGPipeline",
  "StableDiffusionPanoramaPipeline",
  "StableDiffusionParadigmsPipeline",
  "StableDiffusionPipelineSafe",
  "StableDiffusionPix2PixZeroPipeline",
  "StableDiffusionSAGPipeline",
  "CycleDiffusionPipeline",
  "LatentConsistencyModelPipeline",
  "LatentConsistencyModelImg2ImgPipeline",
];

/** Pipelines of diffusers that have the parts of Stable Diffusion XL, the usual one first. */
export const stableDiffusionXlPipelines: readonly string[] = [
  "StableDiffusionXLPipeline",
  "StableDiffusionXLImg2ImgPipeline",
  "StableDiffusionXLInpaintPipeline",
  "StableDiffusionXLAdapterPipeline",
  "StableDiffusionXLControlNetPipeline",
  "StableDiffusionXLControlNetImg2ImgPipeline",
  "StableDiffusionXLControlNetInpaintPipeline",
  "StableDiffusionXLPAGPipeline",
];

/** Pipelines of a family. */
function pipelines(names: readonly string[]) {
  return v.optional(field<unknown>(
    (value) => names.includes(value as string),
    `must be "${names[0]}" or another with the same parts`,
  ));
}

const tokenizers = part(["CLIPTokenizer", "CLIPTokenizerFast"]);

/** Parts and keys that both families have. */
const shared = {
  unet: part(["UNet2DConditionModel"]),
  vae: part(["AutoencoderKL"]),
  text_encoder: part(["CLIPTextModel", "CLIPTextModelWithProjection"]),
  tokenizer: tokenizers,
  image_encoder: part(
    ["CLIPVisionModelWithProjection", "CLIPVisionModel", "CLIPModel"],
    true,
  ),
  transformer: absent("the denoiser is a UNet here"),
  controlnet: absent("a ControlNet is not supported"),
  adapter: absent("a T2I-Adapter is not supported"),
  motion_adapter: absent("there is no time axis here"),
  image_normalizer: absent("the UNet reads no picture's class"),
  ...inertFields([
    "feature_extractor",
    "is_unet_version_less_0_9_0",
    "requires_safety_checker",
    "safety_checker",
    "scheduler",
    "vae_scale_factor",
  ]),
};

const entries = {
  ...shared,
  _class_name: pipelines(stableDiffusionPipelines),
  text_encoder_2: absent("one text is read, not that of the XL kind too"),
  text_encoder_3: absent("one text is read"),
  tokenizer_2: absent("one text is read"),
  tokenizer_3: absent("one text is read"),
  ...inertFields(["force_zeros_for_empty_prompt"]),
};

const xlEntries = {
  ...shared,
  _class_name: pipelines(stableDiffusionXlPipelines),
  text_encoder_2: part(["CLIPTextModelWithProjection"]),
  tokenizer_2: tokenizers,
  force_zeros_for_empty_prompt: v.optional(flag, true),
  requires_aesthetics_score: v.optional(
    only([false, null], "a refiner is no base"),
  ),
  ...inertFields(["add_watermarker"]),
};

const ownEntries = {
  guidance: v.optional(real(0, 1000)),
  steps: v.optional(whole(1, 1000)),
  sizes: v.optional(field<readonly (readonly [number, number])[]>(
    (value) =>
      Array.isArray(value) && value.length <= 64 && value.every(isSize),
    "must be a list of at most 64 sizes, each [width, height] in pixels from 8 to 4096",
  )),
};

function isSize(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 &&
    value.every((side) => Number.isInteger(side) && side >= 8 && side <= 4096);
}

/**
 * Checks the index of a pipeline: that its parts are of the kinds that are read here.
 *
 * @returns the settings under `_locref`.
 * @throws {LocRefError} `config-invalid`, naming file, key and value.
 */
export function parseModelIndex(
  value: unknown,
  place: ConfigPlace,
): Parsed<ModelIndex> {
  return parseIndex(entries, value, place);
}

/** Settings of Stable Diffusion XL's pipeline. */
export interface XlIndex extends ModelIndex {
  /** Whether a negative caption that nobody gave counts as zeros. */
  readonly forceZeros: boolean;
}

/**
 * Checks the index of Stable Diffusion XL's pipeline.
 *
 * @throws {LocRefError} `config-invalid`, naming file, key and value.
 */
export function parseXlIndex(
  value: unknown,
  place: ConfigPlace,
): Parsed<XlIndex> {
  const { config, warnings } = parseIndex(xlEntries, value, place);
  const { force_zeros_for_empty_prompt: zeros = true } = value as {
    force_zeros_for_empty_prompt?: boolean;
  };
  return { config: { ...config, forceZeros: zeros }, warnings };
}

/**
 * Checks the index of a pipeline against the parts that a family has.
 *
 * @returns the settings under `_locref`.
 * @throws {LocRefError} `config-invalid`, naming file, key and value.
 */
export function parseIndex(
  parts: v.ObjectEntries,
  value: unknown,
  place: ConfigPlace,
): Parsed<ModelIndex> {
  const { warnings } = parseConfig(parts, value, place);
  const own = (value as { _locref?: unknown })._locref;
  if (own === undefined) return { config: {}, warnings };
  const at = { ...place, at: "_locref" };
  return {
    config: parseConfig(ownEntries, own, at, { strict: true }).config,
    warnings,
  };
}
