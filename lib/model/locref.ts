import type { FusionSettings } from "../adapters/locref/fusion_settings.ts";
import { checkArguments } from "../core/check_arguments.ts";
import { warnDeprecated } from "../core/deprecated.ts";
import type { Size } from "../core/geometry.ts";
import type { Diagnosis } from "../doctor/diagnosis.ts";
import type { ExportOptions } from "../export/export_model.ts";
import type { LoadOptions } from "../pipeline/load/load_model.ts";
import type {
  BackendInfo,
  LoadedModel,
} from "../pipeline/load/loaded_model.ts";
import type { MergedLora } from "../pipeline/load/model_parts.ts";
import type { ModelDefaults } from "../pipeline/load/model_defaults.ts";
import { checkDiagnose } from "./check_diagnose.ts";
import { releaseKept } from "./kept_models.ts";

let unwrap: (model: LocRef) => LoadedModel;

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
  static {
    unwrap = (model) => model.#loaded;
  }

  readonly #loaded: LoadedModel;

  private constructor(loaded: LoadedModel) {
    if (loaded === undefined) {
      throw new TypeError("A model is made by LocRef.load(name), not by new");
    }
    this.#loaded = loaded;
  }

  /**
   * Loads a model: `"pocket"` (part of this package), a folder in Hugging Face layout, a checkpoint
   * in one `.safetensors` file, or either on the hub: `org/repo[@revision]`,
   * `org/repo/file.safetensors`.
   *
   * @throws {LocRefError} if files are missing, broken or do not fit together, if the backend is
   * not installed, or if a permission is missing.
   */
  static async load(
    name = "pocket",
    options: LoadOptions = {},
  ): Promise<LocRef> {
    checkArguments(arguments, "LocRef.load(name, options)", 2);
    const { loadModel } = await import("../pipeline/load/load_model.ts");
    return new LocRef(await loadModel(name, options));
  }

  /**
   * Frees the model that `generate`, `steps`, `best` and `sweep` keep for the next call when they are
   * given none, or only a name. One that is in use is freed when its runs end.
   */
  static async release(): Promise<void> {
    await releaseKept();
  }

  /** The name that the model was loaded by. */
  get name(): string {
    return this.#loaded.name;
  }

  /** Keys of the model's configs that are not known and were ignored, each as a sentence. */
  get warnings(): readonly string[] {
    return this.#loaded.warnings;
  }

  /** LoRAs that are merged into the model, with counts of their tensors. */
  get loras(): readonly MergedLora[] {
    return this.#loaded.parts.loras ?? [];
  }

  /** The backend that the model runs on. */
  get backend(): BackendInfo {
    return this.#loaded.backend;
  }

  /** Settings that the model brings along. */
  get defaults(): ModelDefaults {
    return this.#loaded.defaults;
  }

  /** Size of the pictures that the model was trained on, in pixels. */
  get nativeSize(): Size {
    return this.#loaded.nativeSize;
  }

  /** Side of a latent cell, in pixels. */
  get latentFactor(): number {
    return this.#loaded.latentFactor;
  }

  /** τ, λc, λr, the overlap policy and switches that the adapter was made for. */
  get fusion(): FusionSettings {
    return this.#loaded.fusion;
  }

  /**
   * The same as `fusion`.
   *
   * @deprecated since 0.2, use `fusion`.
   */
  get layout(): FusionSettings {
    warnDeprecated("model.layout", "model.fusion");
    return this.#loaded.fusion;
  }

  /**
   * Diagnoses a weight file, a model's folder or a repository on the hub: its kind and its faults.
   * It reads only headers and settings of a repository that is not in the cache.
   *
   * @param options `base`: folder of the model that an adapter is to fit; `variant`, such as `fp16`;
   * `values`: whether values are read, to find NaN and infinity (default true).
   * @throws {LocRefError} `file-missing` if there is nothing of that name, `hub` if the hub is out of
   * reach.
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
   * @throws {LocRefError} `file-invalid` if the folder exists and is not empty.
   */
  async export(folder: string, options: ExportOptions = {}): Promise<void> {
    const { exportModel } = await import("../export/export_model.ts");
    await exportModel(this.#loaded, folder, options);
  }

  /**
   * Frees all memory that the model holds. It cannot be used afterwards: runs under way stop with an
   * error before their next step, and new ones are refused.
   */
  async dispose(): Promise<void> {
    await this.#loaded.dispose();
  }

  /** Lets `await using` dispose of the model. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

/** The model inside a {@linkcode LocRef}, for the package itself. */
export function loadedModel(model: LocRef): LoadedModel {
  return unwrap(model);
}
