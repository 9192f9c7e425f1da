import type { Size } from "../core/geometry.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Program, WeightSource } from "../ops/executor.ts";
import type { SchedulerConfig } from "../weights/configs/scheduler_config.ts";
import type { ModelSource, OpenBaseOptions } from "../weights/model_source.ts";
import type { AdapterGraph, AttentionLayers } from "./hooks.ts";

/** The space that a denoiser works in. */
export interface LatentSpace {
  readonly channels: number;
  /** Pixels along a side of one latent cell. */
  readonly factor: number;
  /** Latents are divided by this before the VAE decodes them. */
  readonly scale: number;
}

/** Which form of the denoiser's program is wanted. */
export interface DenoiserForm {
  /** Height and width of the latents. */
  size: Size;
  /** Adapters in the graph. @default {none} */
  adapters?: readonly AdapterGraph[];
  /** Whether text comes in groups, a caption each. @default {false} */
  captions?: boolean;
  /** Whether the queries of every cross-attention layer are outputs. @default {false} */
  trace?: boolean;
  /** Reuse of deep features between steps (Ma et al. 2024, "DeepCache"). */
  deep?: "keep" | "reuse";
}

/** One program of a model. */
export interface NamedProgram {
  /** Name for messages, runners and exported files, such as `text_encoder`. */
  readonly name: string;
  /** The part of the model whose weights it reads. */
  readonly part: "text" | "unet" | "vae" | "image" | "adapter";
  readonly weights: WeightSource;
  /** Makes the program. */
  readonly program: () => Program;
}

/** A denoiser family on its checkpoints, opened but not loaded. */
export interface Base extends AttentionLayers {
  /** Name of the family, such as `sd`. */
  readonly family: string;
  readonly folder: string;
  readonly scheduler: SchedulerConfig;
  /** File of the scheduler's config, in messages. */
  readonly schedulerFile: string;
  readonly latent: LatentSpace;
  /** Size of the pictures that it was trained on, in pixels. */
  readonly nativeSize: Size;
  /** The input `time` of the denoiser, `[N, width]`, for a batch of timesteps. */
  timeInput(timesteps: readonly number[]): Tensor;
  /** Every program that reads the base's weights: the one list for runs, checks and exports. */
  programs(form: DenoiserForm): NamedProgram[];
}

/** A family of bases: how a folder of it is recognised and opened. */
export interface BaseKind<B extends Base = Base> {
  readonly family: string;
  /** One line for tables. */
  readonly summary: string;
  /** Whether a model is of this family. */
  matches(source: ModelSource): boolean;
  /**
   * Opens a model. Reads no values.
   *
   * @throws {LocRefError} if a file is missing or broken, or a config is not supported.
   */
  open(source: ModelSource, options?: OpenBaseOptions): Promise<B>;
}
