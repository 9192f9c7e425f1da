import {
  defaultFusionSettings,
  type FusionSettings,
} from "../../adapters/locref/fusion_settings.ts";
import { locrefAmong } from "../../adapters/locref/locref_file.ts";
import type { Size } from "../../core/geometry.ts";
import {
  type NoiseSchedule,
  noiseSchedule,
} from "../../ddim/noise_schedule.ts";
import type { Precision } from "../../ops/executor.ts";
import type { TriedBackend } from "../../ops/open_executor.ts";
import type { BackendName } from "../../ops/backends.ts";
import type { Runners } from "../programs/runners.ts";
import type { ModelDefaults } from "./model_defaults.ts";
import type { ModelParts } from "./model_parts.ts";

/** How a model is run. */
export interface BackendInfo {
  /** The backend in use. */
  readonly name: BackendName;
  /** Whether the UNet's matrix products are in eight bits. */
  readonly int8: boolean;
  /** Precision that its graphs compute in. */
  readonly precision: Precision;
  /** Backends that `auto` tried first, and why each failed. */
  readonly tried: readonly TriedBackend[];
}

/** Everything that {@linkcode LoadedModel} is made of. */
export type LoadedModelFields = Pick<
  LoadedModel,
  | "name"
  | "warnings"
  | "backend"
  | "defaults"
  | "parts"
  | "runners"
>;

/** A model as the package itself uses it: open files, programs and noise schedule. */
export class LoadedModel {
  /** The name that the model was loaded by. */
  readonly name: string;
  /** Keys of the model's configs that are not known and were ignored, each as a sentence. */
  readonly warnings: readonly string[];
  /** The backend that the model runs on. */
  readonly backend: BackendInfo;
  /** Settings that the model brings along. */
  readonly defaults: ModelDefaults;
  /** Its files, opened. */
  readonly parts: ModelParts;
  /** Its compiled programs. */
  readonly runners: Runners;
  /** Its noise schedule. */
  readonly schedule: NoiseSchedule;

  /** Takes what `loadModel` opened. */
  constructor(fields: LoadedModelFields) {
    this.name = fields.name;
    this.warnings = fields.warnings;
    this.backend = fields.backend;
    this.defaults = fields.defaults;
    this.parts = fields.parts;
    this.runners = fields.runners;
    this.schedule = noiseSchedule(fields.parts.base.scheduler);
  }

  /** Size of the pictures that the model was trained on, in pixels. */
  get nativeSize(): Size {
    return this.parts.base.nativeSize;
  }

  /** Other sizes that it was trained on, in pixels. */
  get trainedSizes(): readonly Size[] {
    return this.parts.base.trainedSizes ?? [];
  }

  /** Sides of pictures are best multiples of this, in pixels. */
  get sizeStep(): number {
    return this.parts.base.sizeStep;
  }

  /** Side of a latent cell, in pixels. */
  get latentFactor(): number {
    return this.parts.base.latent.factor;
  }

  /** τ, λc, λr, the overlap policy and switches that the adapter was made for. */
  get fusion(): FusionSettings {
    return locrefAmong(this.parts.adapters)?.settings ?? defaultFusionSettings;
  }

  /** Frees all memory: runs under way fail before their next step, and new ones are refused. */
  async dispose(): Promise<void> {
    await this.runners.dispose();
  }

  /** Lets `await using` dispose of the model. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}
