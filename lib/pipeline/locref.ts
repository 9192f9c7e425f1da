import { existsSync } from "node:fs";
import { join } from "node:path";
import { openAdapter } from "../adapters/adapter_formats.ts";
import {
  type ClipTokenizer,
  loadClipTokenizer,
} from "../encoders/clip_tokenizer.ts";
import { vaeFactor } from "../encoders/vae_config.ts";
import { type NoiseSchedule, noiseSchedule } from "../ddim/noise_schedule.ts";
import {
  type BackendName,
  openExecutor,
  type TriedBackend,
} from "../ops/open_executor.ts";
import type { Size } from "../core/geometry.ts";
import { parseModelIndex } from "../weights/configs/model_index.ts";
import { readConfigFile } from "../weights/configs/read_config_file.ts";
import { checkDiagnose, checkLoad } from "./options/check_load_options.ts";
import { checkModel } from "./load/check_model.ts";
import { checkLoadPermissions } from "./options/check_permissions.ts";
import type { Diagnosis } from "../doctor/diagnosis.ts";
import type { ExportOptions } from "../export/export_model.ts";
import {
  defaultLayoutSettings,
  type LayoutSettings,
} from "../adapters/locref/layout_settings.ts";
import { locateModel, type ModelLocation } from "./load/locate_model.ts";
import { openBase } from "../bases/bases.ts";
import { openImageEncoder } from "../encoders/open_image_encoder.ts";
import type { OpenOptions } from "../weights/open_part.ts";
import { Runners } from "./runners.ts";
import type { ModelParts } from "./load/model_parts.ts";

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

/** How a model is run. */
export interface BackendInfo {
  /** The backend in use. */
  readonly name: BackendName;
  /** Whether the UNet's matrix products are in eight bits. */
  readonly int8: boolean;
  /** What `auto` tried in vain before, and why. */
  readonly tried: readonly TriedBackend[];
}

/** Settings that a model brings along, `_locref` in its `model_index.json`. */
export interface ModelDefaults {
  /** Guidance scale. */
  readonly guidance: number;
  /** Steps of DDIM. */
  readonly steps: number;
}

/** The paper's 50 steps of DDIM, at the guidance that Stable Diffusion is usually run with. */
const paperDefaults: ModelDefaults = { guidance: 7.5, steps: 50 };

/**
 * A loaded model: Stable Diffusion with LocRef's adapter, on one backend. Load once, share freely.
 *
 * @example
 * ```ts
 * import { LocRef, scene } from "@locref/locref";
 *
 * const model = await LocRef.load("pocket");
 * const picture = await scene().caption("a red apple").generate({ model });
 * await model.dispose();
 * ```
 */
export class LocRef {
  /** The name that the model was loaded by. */
  readonly name: string;
  /** Keys of the model's configs that are not known and were ignored, each as a sentence. */
  readonly warnings: readonly string[];
  /** What the model runs on. */
  readonly backend: BackendInfo;
  /** Settings that the model brings along. */
  readonly defaults: ModelDefaults;
  /** @ignore */
  readonly parts: ModelParts;
  /** @ignore */
  readonly runners: Runners;
  /** @ignore */
  readonly tokenizer: ClipTokenizer;
  /** @ignore */
  readonly schedule: NoiseSchedule;

  private constructor(
    fields: Pick<
      LocRef,
      | "name"
      | "warnings"
      | "backend"
      | "defaults"
      | "parts"
      | "runners"
      | "tokenizer"
    >,
  ) {
    this.name = fields.name;
    this.warnings = fields.warnings;
    this.backend = fields.backend;
    this.defaults = fields.defaults;
    this.parts = fields.parts;
    this.runners = fields.runners;
    this.tokenizer = fields.tokenizer;
    this.schedule = noiseSchedule(fields.parts.base.scheduler);
  }

  /**
   * Loads a model: `"pocket"` (part of this package), a folder in Hugging Face layout, or a hub
   * id `org/repo[@revision]`.
   *
   * @throws {LocRefError} if files are missing, broken or do not fit together, if the backend is
   * not there, or if a permission is missing.
   */
  static async load(
    name = "pocket",
    options: LoadOptions = {},
  ): Promise<LocRef> {
    checkLoad(name, options);
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
    const runners = new Runners(executor, parts, name);
    return new LocRef({
      name,
      warnings,
      backend: { name: backend, int8: options.int8 ?? false, tried },
      defaults,
      parts,
      runners,
      tokenizer,
    });
  }

  /** Size of the pictures that the model was trained on, in pixels. */
  get nativeSize(): Size {
    const side = this.parts.base.unet.config.sample_size * this.latentFactor;
    return { height: side, width: side };
  }

  /** How many pixels one latent cell stands for, along each side. */
  get latentFactor(): number {
    return vaeFactor(this.parts.base.vae.config);
  }

  /** τ, λc, λr, the overlap policy and switches that the adapter was made for. */
  get layout(): LayoutSettings {
    return this.parts.adapter?.settings ?? defaultLayoutSettings;
  }

  /**
   * Says what a weight file, a model's folder or a repository on the hub is, and what is wrong with
   * it. Of a repository that is not in the cache only headers and settings are read.
   *
   * @param options `base`: folder of the model that an adapter is to fit; `variant`, such as `fp16`;
   * `values`: whether values are read, to find NaN and infinity (default true).
   * @throws {LocRefError} `file-missing` if there is nothing of that name, `hub` if the hub cannot be
   * asked.
   */
  static async diagnose(
    target: string,
    options: { base?: string; variant?: string; values?: boolean } = {},
  ): Promise<Diagnosis> {
    checkDiagnose(target, options);
    const { diagnose } = await import("../doctor/diagnose.ts");
    return await diagnose(target, options);
  }

  /**
   * Writes the model into the new folder `folder` for any ONNX runtime: its graphs with their
   * weights, tokenizer, a manifest, and a page that runs an example with onnxruntime-web.
   *
   * @throws {LocRefError} `file-invalid` if the folder is there and holds something.
   */
  async export(folder: string, options: ExportOptions = {}): Promise<void> {
    const { exportModel } = await import("../export/export_model.ts");
    await exportModel(this, folder, options);
  }

  /**
   * Frees all memory that the model holds. It cannot be used afterwards: runs under way stop with an
   * error before their next step, and new ones are refused.
   */
  async dispose(): Promise<void> {
    await this.runners.dispose();
  }

  /** Lets `await using` dispose of the model. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
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
