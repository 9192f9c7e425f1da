import type {
  Base,
  NamedProgram,
  StepRun,
  TextConditioning,
  TextRequest,
} from "../bases/base.ts";
import type { AdapterGraph, AttentionSite } from "../bases/hooks.ts";
import type { Size } from "../core/geometry.ts";
import type { Tensor } from "../core/tensor.ts";
import type { ClipImageConfig } from "../encoders/clip_image.ts";
import type { InstancePictures } from "../images/instance_pictures.ts";
import type { Raster } from "../images/raster.ts";
import type { Runner, Values, WeightSource } from "../ops/executor.ts";
import type { SceneData } from "../scene_data/scene_data.ts";
import type { ConfigValue } from "../weights/model_source.ts";
import type { ModelPart } from "../weights/open_part.ts";
import type { TraceEntry } from "./trace_entry.ts";

/** A scene as adapters read it. */
export interface AdapterScene {
  readonly data: SceneData;
  /** The pictures of each instance. */
  readonly pictures: readonly InstancePictures[];
  /** The picture that the references stand in. @default {black} */
  readonly ground?: Raster;
  /** Instances with captions of their own, in the order of their text. */
  readonly captioned: readonly number[];
}

/** A run as far as adapters prepare for it. */
export interface AdapterRun extends StepRun {
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
}

/** One evaluation of the denoiser, before it. */
export interface AdapterStep {
  /** Step, from 0. */
  readonly step: number;
  /** Steps in all. */
  readonly total: number;
  /** The input `sample` of the denoiser, for both branches where the run is guided. */
  readonly sample: Tensor;
  /** The base's other inputs that depend on the time, such as `time`. */
  readonly given: Values<Tensor>;
}

/** A scene prepared for a run. */
export interface PreparedAdapter {
  /**
   * Inputs of the adapter's graph, under their own names.
   *
   * Values that stay the same are the same `Tensor`, so that they stay on the device.
   *
   * @returns `undefined` where the denoiser runs without the adapter.
   */
  inputsAt(
    step: AdapterStep,
  ): Values<Tensor> | undefined | Promise<Values<Tensor> | undefined>;
  /** Inputs of the graph's text hook, where it has one. */
  readonly text?: Values<Tensor>;
  /** Moves the latents `[1, channels, height, width]` before a step (guidance by boxes). */
  guide?(
    latents: Tensor,
    step: Pick<AdapterStep, "step" | "total">,
  ): Promise<Tensor>;
}

/** One step of a run: the values that the denoiser was given and those that it returned, by name. */
export interface TracedStep {
  /** From 1. */
  readonly step: number;
  readonly values: Values<Tensor>;
}

/** Parts of a scene that an adapter reads: instances with their references, and captions of instances. */
export type SceneReading = "instances" | "captions";

/** The host side of an adapter: its part of the graph, its programs, and its inputs step by step. */
export interface Adapter {
  /** Kind, such as `locref`. */
  readonly kind: string;
  /** Path of its file or folder. */
  readonly file: string;
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
  /** Computes what does not change between steps, once before the first. */
  prepare(scene: AdapterScene, run: AdapterRun): Promise<PreparedAdapter>;
  /** The contribution of each instance to every layer in a step, for `picture.trace`. */
  explain?(step: TracedStep, sites: readonly AttentionSite[]): TraceEntry[];
}

/** A file or folder that may be an adapter: its names and shapes, and what says more of them. */
export interface AdapterSource extends WeightSource {
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
  /** Whether a file has this format, from its header alone. */
  matches(file: AdapterSource): boolean;
  /**
   * Opens a file of this format. Reads no values.
   *
   * @throws {LocRefError} if the header does not hold what the format needs.
   */
  open(file: AdapterSource, beside: BesideAdapter): Adapter;
}
