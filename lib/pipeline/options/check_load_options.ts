import { checkOptions, checkValue } from "../../core/check_options.ts";
import {
  abortSignal,
  callback,
  flag,
  oneOf,
  text,
  textOrTexts,
  whole,
} from "../../core/kinds.ts";
import { backendNames, meantBackend } from "../../ops/backends.ts";
import { meantPrecision, precisions } from "../../ops/gpu/precision.ts";
import type { LoadOptions } from "./load_options.ts";
import { loras } from "./check_loras.ts";

const part = text("a folder, a file, or either on the hub");
const folder = text("a folder's path or a hub id");
const name = text(
  '"pocket", a folder, a .safetensors file, or a hub id like "org/repo"',
);
const variant = text('a variant\'s name, such as "fp16"');

/** Options of loading under the names of diffusers and transformers. */
const elsewhere = {
  torch_dtype: "precision",
  dtype: "precision",
  device: "backend",
  execution_provider: "backend",
  provider: "backend",
  num_threads: "threads",
  force_download: "refresh",
  text_encoder: "textEncoder",
  text_encoder_2: "textEncoder2",
  vae_path: "vae",
  prediction_type: "prediction",
  lora: "loras",
  lora_weights: "loras",
  load_lora_weights: "loras",
  image_encoder_folder: "imageEncoder",
  ip_adapter: "adapter",
  progress: "onProgress",
  progress_callback: "onProgress",
  pretrained_model_name_or_path: "base",
  quantize: "int8",
  load_in_8bit: "int8",
} as const;

const instead = {
  revision: 'the name, "org/repo@revision"',
  cache_dir: "the environment variable HF_HUB_CACHE",
  local_files_only: "the environment variable HF_HUB_OFFLINE",
  token: "the environment variable HF_TOKEN",
  use_auth_token: "the environment variable HF_TOKEN",
  model: "the first argument, LocRef.load(name, options)",
  name: "the first argument, LocRef.load(name, options)",
  scheduler: "generate({ sampler })",
  sampler: "generate({ sampler })",
  seed: "generate({ seed })",
  steps: "generate({ steps })",
} as const;

/**
 * Checks what a model is loaded by.
 *
 * @throws {TypeError | RangeError} naming the option, its value and what is allowed.
 */
export function checkLoad(model: unknown, options: LoadOptions): void {
  checkValue(model, name, { name: "Model" });
  checkOptions<LoadOptions>(options, {
    of: "LocRef.load",
    fields: {
      base: folder,
      adapter: textOrTexts(
        "a file's path, or org/repo/file.safetensors on the hub",
      ),
      imageEncoder: folder,
      vae: part,
      textEncoder: part,
      textEncoder2: part,
      unet: part,
      prediction: oneOf(["epsilon", "v_prediction", "sample"]),
      taesd: folder,
      loras,
      backend: oneOf(["auto", ...backendNames], meantBackend),
      variant,
      refresh: flag,
      threads: whole({ min: 1, max: 1024 }),
      int8: flag,
      precision: oneOf(precisions, meantPrecision),
      onProgress: callback,
      signal: abortSignal,
    },
    elsewhere,
    instead,
  });
}
