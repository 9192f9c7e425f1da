import { existsSync } from "node:fs";
import { join } from "node:path";
import { openAdapter } from "../../adapters/adapter_formats.ts";
import { loadClipTokenizer } from "../../encoders/clip_tokenizer.ts";
import { type BackendName, openExecutor } from "../../ops/open_executor.ts";
import { parseModelIndex } from "../../weights/configs/model_index.ts";
import { readConfigFile } from "../../weights/configs/read_config_file.ts";
import { checkLoad } from "../options/check_load_options.ts";
import { checkLoadPermissions } from "../options/check_permissions.ts";
import { Runners } from "../runners.ts";
import type { ModelParts } from "./model_parts.ts";
import { checkModel } from "./check_model.ts";
import { LoadedModel, type ModelDefaults } from "./loaded_model.ts";
import { locateModel, type ModelLocation } from "./locate_model.ts";
import { openBase } from "../../bases/bases.ts";
import { openImageEncoder } from "../../encoders/open_image_encoder.ts";
import type { OpenOptions } from "../../weights/open_part.ts";

/** Options of {@linkcode LocRef.load}. */
export interface LoadOptions {
  /** Folder or hub id of the Stable Diffusion model, where it is not in the model's own folder. */
  base?: string;
  /** Adapter file: a path, or `org/repo/path/in/repo.safetensors` on the hub. */
  adapter?: string;
  /** Folder of the CLIP image encoder, or `org/repo/folder` on the hub. */
  imageEncoder?: string;
  /** What to run on. @default {"auto"} */
  backend?: BackendName | "auto";
  /** Variant of the weight files, such as `fp16`. */
  variant?: string;
  /**
   * Whether to ask the hub where a branch is now, also when an earlier commit of it is in the cache.
   *
   * @default {false}
   */
  refresh?: boolean;
  /** Threads of the backend. @default {the number of cores} */
  threads?: number;
  /**
   * Whether the UNet's matrix products use weights of eight bits: faster where the processor
   * multiplies bytes (AVX-512 VNNI), a little less exact; backend `onnx` only.
   *
   * @default {false}
   */
  int8?: boolean;
  /** Called while files come from the hub, with bytes so far and in all. */
  onProgress?: (
    progress: { file: string; loaded: number; total: number },
  ) => void;
  /** Stops a download. */
  signal?: AbortSignal;
}

/** The paper's 50 steps of DDIM, at the guidance that Stable Diffusion is usually run with. */
const paperDefaults: ModelDefaults = { guidance: 7.5, steps: 50 };

/**
 * Loads a model: `"pocket"` (part of this package), a folder in Hugging Face layout, or a hub id
 * `org/repo[@revision]`.
 *
 * @throws {LocRefError} if files are missing, broken or do not fit together, if the backend is not
 * installed, or if a permission is missing.
 */
export async function loadModel(
  name = "pocket",
  options: LoadOptions = {},
): Promise<LoadedModel> {
  checkLoad(name, options);
  options.signal?.throwIfAborted();
  await checkLoadPermissions(options.backend);
  const location = await locateModel(name, options);
  const warnings: string[] = [];
  const onWarning = (warning: string) => warnings.push(warning);
  const defaults = await readDefaults(location.base, onWarning);
  const parts = await openParts(location, { ...options, onWarning });
  checkModel(parts);
  const { config: text } = parts.base.text;
  const tokenizer = await loadClipTokenizer(parts.base.tokenizer, {
    positions: text.max_position_embeddings,
    vocabulary: text.vocab_size,
  });
  warnings.push(...tokenizer.warnings);
  const { executor, name: backend, tried } = await openExecutor(
    options.backend,
    options,
  );
  return new LoadedModel({
    name,
    warnings,
    backend: { name: backend, int8: options.int8 ?? false, tried },
    defaults,
    parts,
    runners: new Runners(executor, parts, name),
    tokenizer,
  });
}

async function openParts(
  location: ModelLocation,
  options: OpenOptions,
): Promise<ModelParts> {
  const { adapter, imageEncoder } = location;
  return {
    base: await openBase(location.base, options),
    adapter: adapter === undefined ? undefined : await openAdapter(adapter),
    imageEncoder: imageEncoder === undefined
      ? undefined
      : await openImageEncoder(imageEncoder, options),
  };
}

async function readDefaults(
  folder: string,
  onWarning: (warning: string) => void,
): Promise<ModelDefaults> {
  const file = join(folder, "model_index.json");
  if (!existsSync(file)) return paperDefaults;
  const { config, warnings } = parseModelIndex(await readConfigFile(file), {
    file,
  });
  for (const warning of warnings) onWarning(warning);
  return { ...paperDefaults, ...config };
}
