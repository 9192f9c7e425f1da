import type { TraceEntry } from "./locref/trace_entry.ts";
import type { Base, NamedProgram } from "../bases/base.ts";
import type { AdapterGraph, AttentionSite } from "../bases/hooks.ts";
import type { Size } from "../core/geometry.ts";
import type { Tensor } from "../core/tensor.ts";
import type { ClipImageConfig } from "../encoders/clip_image.ts";
import type { InstancePictures } from "../images/instance_pictures.ts";
import type { Fit } from "../images/resize.ts";
import type { Runner, Values, WeightSource } from "../ops/executor.ts";
import type { SceneData } from "../scene_data/scene_data.ts";
import type { ModelPart } from "../weights/open_part.ts";
import type { SafetensorsFile } from "../weights/safetensors/safetensors.ts";
import type { AppearanceNetShape } from "./locref/appearance_net.ts";
import type { FusionSettings } from "./locref/fusion_settings.ts";

/** An open adapter file, under the names of LocRef's own format. */
export interface AdapterFile {
  readonly shape: AppearanceNetShape;
  /** `layout_net.*` in LocRef's names, the projection in the names of its own kind. */
  readonly weights: WeightSource;
  readonly settings: FusionSettings;
  /** How a reference is fitted to the image encoder's square. */
  readonly fit: Fit;
  /** Path of the file. */
  readonly file: string;
}

/** A scene as adapters read it. */
export interface AdapterScene {
  readonly data: SceneData;
  /** The pictures of each instance. */
  readonly pictures: readonly InstancePictures[];
  /** Instances with captions of their own, in the order of their text. */
  readonly captioned: readonly number[];
}

/** A run as far as adapters prepare for it. */
export interface AdapterRun {
  readonly base: Base;
  readonly imageEncoder: ModelPart<ClipImageConfig>;
  /** Size of the picture, in pixels. */
  readonly size: Size;
  /** Height and width of the latents. */
  readonly latent: Size;
  /** Whether the batch begins with the unconditional branch. */
  readonly guided: boolean;
  readonly settings: FusionSettings;
  /** A program of the model, by name, compiled. */
  program(name: string): Promise<Runner>;
}

/** The host side of an adapter: its part of the graph, its programs, and its inputs step by step. */
export interface Adapter extends AdapterFile {
  /** Its part of the denoiser's graph. */
  graph(form: { captions: boolean }): AdapterGraph;
  /** The programs that read its weights. */
  programs(base: Base): NamedProgram[];
  /**
   * Computes what does not change between steps, once before the first.
   *
   * @returns the inputs of {@linkcode Adapter.graph} at step `step` of `of`.
   */
  prepare(
    scene: AdapterScene,
    run: AdapterRun,
  ): Promise<(step: number, of: number) => Values<Tensor>>;
  /** The contribution of each instance to every layer in a step, for `picture.trace`. */
  explain(step: TracedStep, sites: readonly AttentionSite[]): TraceEntry[];
}

/** One step of a run: the values that the denoiser was given and those that it returned, by name. */
export interface TracedStep {
  /** From 1. */
  readonly step: number;
  readonly values: Values<Tensor>;
}

/** A kind of adapter file. */
export interface AdapterFormat {
  /** Name of the format in messages. */
  readonly name: string;
  /** Whether a file has this format, from its header alone. */
  matches(file: SafetensorsFile): boolean;
  /**
   * Opens a file of this format. Reads no values.
   *
   * @throws {LocRefError} if the header does not hold what the format needs.
   */
  open(file: SafetensorsFile): Adapter;
}
