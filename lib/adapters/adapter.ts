import type { Base, NamedProgram, StepRun } from "../bases/base.ts";
import type {
  TextConditioning,
  TextRequest,
} from "../bases/text_conditioning.ts";
import type { DenoiserForm } from "../bases/denoiser_shape.ts";
import type { CaptionReading } from "../bases/caption_rows.ts";
import type { AdapterGraph } from "../bases/hooks.ts";
import type { AttentionSite } from "../bases/places.ts";
import type { Size } from "../core/geometry.ts";
import type { Kind } from "../core/kinds.ts";
import type { Tensor } from "../core/tensor.ts";
import type { NoiseSchedule } from "../ddim/noise_schedule.ts";
import type { SamplerPlan } from "../ddim/sampler.ts";
import type { ClipImageConfig } from "../encoders/clip_image.ts";
import type { InstancePictures } from "../images/instance_pictures.ts";
import type { Raster } from "../images/raster.ts";
import type { GradientCompiler } from "../ops/input_gradient.ts";
import type { Runner, Values, WeightSource } from "../ops/executor.ts";
import type { SceneData } from "../scene_data/scene_data.ts";
import type { ConfigValue } from "../weights/model_source.ts";
import type { ModelPart } from "../weights/open_part.ts";
import type { TraceEntry } from "./trace_entry.ts";

/** A scene as adapters read it. */
export interface AdapterScene {
  /** The scene as plain data. */
  readonly data: SceneData;
  /** The pictures of each instance. */
  readonly pictures: readonly InstancePictures[];
  /** The picture that the references stand in. @default {black} */
  readonly ground?: Raster;
  /** The photograph of the scene's style. @default {none} */
  readonly style?: Raster;
  /** Instances with captions of their own, in the order of their text. */
  readonly captioned: readonly number[];
  /** Tokens of the caption, behind those of the negative one where the run is guided, `[rows, tokens, width]`. */
  readonly tokens: Tensor;
  /** Inputs of the denoiser that depend on the time alone, for a batch of timesteps. */
  readonly stepInputs: (timesteps: readonly number[]) => Values<Tensor>;
}

/** Graphs in the denoiser, and whether the queries of cross-attention are outputs. */
export type OwnForm = Pick<DenoiserForm, "adapters" | "trace">;

/** A denoiser's program and its weights. */
export type DenoiserProgram = Pick<NamedProgram, "program" | "weights">;

/** A run as far as adapters prepare for it. */
export interface AdapterRun extends StepRun {
  /** The model that it runs on. */
  readonly base: Base;
  /** Height and width of the latents. */
  readonly latent: Size;
  /** Whether the batch begins with the unconditional branch. */
  readonly guided: boolean;
  /** The adapter's own settings, with those of the run in their place. */
  readonly settings: object;
  /** A program of the adapter, or else of the model, by name, compiled: freed when all is prepared. */
  program(name: string): Promise<Runner>;
  /** The same, kept to the end of the run: for what runs in every step. */
  stepProgram(name: string): Promise<Runner>;
  /** Encodes texts as the base does. */
  encodeText(texts: readonly TextRequest[]): Promise<TextConditioning>;
  /** Latents of a picture, resized to the run's size and cut: the mean of the VAE's posterior. */
  encodePicture(picture: Raster): Promise<Float32Array>;
  /** How the scene's caption is read. */
  readonly reading: CaptionReading;
  /** The sampler's run, laid out. */
  readonly plan: SamplerPlan;
  /** The model's noise schedule. */
  readonly schedule: NoiseSchedule;
  /** The denoiser for latents of the run, in a form of the adapter's own. */
  denoiser(form: OwnForm): DenoiserProgram;
  /** The same, compiled and kept to the end of the run. */
  stepDenoiser(form: OwnForm): Promise<Runner>;
  /**
   * Compiles a loss with its derivative by an input, kept to the end of the run.
   *
   * @throws {LocRefError} `backend-missing` if the backend has no gradients.
   */
  readonly gradient: GradientCompiler;
}

/** One evaluation of the denoiser, before it. */
export interface AdapterStep {
  /** Step, from 0. */
  readonly step: number;
  /** Steps in all. */
  readonly total: number;
  /** Training timestep passed to the model. */
  readonly timestep: number;
  /** The input `sample` of the denoiser, for both branches where the run is guided. */
  readonly sample: Tensor;
  /** The base's other inputs that depend on the time, such as `time`. */
  readonly given: Values<Tensor>;
}

/** One step, before the latents are moved. */
export type GuidedStep = Pick<AdapterStep, "step" | "total" | "timestep">;

/** A scene prepared for a run. */
export interface PreparedAdapter {
  /**
   * Inputs of the adapter's graph, under their own names.
   *
   * Values that stay the same are the same `Tensor`, so that they stay on the device. Others are a new
   * one: what is written into a `Tensor` that was passed before may not be read.
   *
   * @returns `undefined` where the denoiser runs without the adapter.
   */
  inputsAt(
    step: AdapterStep,
  ): Values<Tensor> | undefined | Promise<Values<Tensor> | undefined>;
  /** Its graph in a step, where settings of the run shape it. It acts in no other hooks. @default {the adapter's own} */
  graphAt?(step: Pick<AdapterStep, "step" | "total">): AdapterGraph;
  /** Inputs of the graph's text hook, where it has one. */
  readonly text?: Values<Tensor>;
  /**
   * Moves the latents `[1, channels, height, width]` before a step (guidance by boxes). They are scaled
   * as the denoiser reads them.
   */
  guide?(latents: Tensor, step: GuidedStep): Promise<Tensor>;
}

/** One step of a run: the values that the denoiser was given and those that it returned, by name. */
export interface TracedStep {
  /** From 1. */
  readonly step: number;
  /** Inputs and outputs, by name. */
  readonly values: Values<Tensor>;
}

/**
 * Parts of a scene that an adapter reads: instances with their references, captions of instances,
 * several pictures an instance, the style.
 */
export type SceneReading = "instances" | "captions" | "several" | "style";

/** The host side of an adapter: its part of the graph, its programs, and its inputs step by step. */
export interface Adapter {
  /** Kind, such as `locref`. */
  readonly kind: string;
  /** Path of its file or folder. */
  readonly file: string;
  /** Its weights, under their own names. */
  readonly weights: WeightSource;
  /** Parts of a scene that it reads; a scene with parts that no adapter reads is refused, or read without them. */
  readonly reads: readonly SceneReading[];
  /** Sentences that a user should read when it is loaded, such as on its licence. @default {none} */
  readonly notes?: readonly string[];
  /** Its own settings, which a run may override. @default {none} */
  readonly settings?: object;
  /** Its part of the denoiser's graph. */
  graph(form: { captions: boolean }): AdapterGraph;
  /** The programs that read its weights, those of `size` for latents of that size. */
  programs(base: Base, size: Size): NamedProgram[];
  /**
   * Makes sure that it fits the base. Reads no values.
   *
   * @throws {LocRefError} `checkpoint-mismatch`, naming what does not fit.
   */
  check(base: Base): void;
  /**
   * The scene as the model reads it, before its texts are encoded (GeoDiffusion).
   *
   * @throws {LocRefError} if scene or base do not fit.
   */
  rewrite?(
    scene: SceneData,
    on: { readonly base: Base; readonly settings: object },
  ): SceneData;
  /** Computes what does not change between steps, once before the first. */
  prepare(scene: AdapterScene, run: AdapterRun): Promise<PreparedAdapter>;
  /** The contribution of each instance to every layer in a step, for `picture.trace`. */
  explain?(
    step: TracedStep,
    sites: readonly AttentionSite[],
    instances: SceneData["instances"],
  ): TraceEntry[];
}

/** A file or folder that may be an adapter: its names and shapes, and what says more of them. */
export interface AdapterSource extends WeightSource {
  /** Path of the file or folder. */
  readonly path: string;
  /** The file's own notes. */
  readonly metadata: Readonly<Record<string, string>>;
  /** `config.json` of a folder. */
  readonly config?: ConfigValue;
}

/** Files and settings beside an adapter. */
export interface BesideAdapter {
  /** The model's CLIP image encoder, whose program is `image_encoder`. */
  readonly imageEncoder?: ModelPart<ClipImageConfig>;
}

/** A kind of adapter file. */
export interface AdapterFormat {
  /** Name of the format in messages. */
  readonly name: string;
  /**
   * Settings of a run by the `kind` of the adapters that it opens, checked by their kinds, where a
   * program adds the format. Those of this package stand in `method_options.ts`.
   *
   * @default {none}
   */
  readonly settings?: Readonly<Record<string, Kind>>;
  /** Whether a file has this format, from its header alone. */
  matches(file: AdapterSource): boolean;
  /**
   * Opens a file of this format. Reads no values.
   *
   * @throws {LocRefError} if the header does not hold what the format needs.
   */
  open(file: AdapterSource, beside: BesideAdapter): Adapter;
}
