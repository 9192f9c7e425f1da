/**
 * Model sources: where the parts of a model are read from.
 *
 * A base reads its parts from a source by name and knows nothing of where they lie. So a folder in
 * the layout of diffusers and one file with everything open alike.
 */

import type { WeightSource } from "../ops/executor.ts";
import type { ConfigPlace, Parsed } from "./configs/parse_config.ts";
import type { ModelPart } from "./open_part.ts";

/** The value of a settings file, unchecked. */
export interface ConfigValue {
  /** The JSON value. */
  readonly value: unknown;
  /** Its file, in messages. */
  readonly file: string;
}

/** The pipeline class that a model's index names, unchecked; `undefined` where none is named. */
export function pipelineOf(index: ConfigValue | undefined): unknown {
  const { _class_name } = (index?.value ?? {}) as { _class_name?: unknown };
  return _class_name;
}

/** One part of a model as its source holds it. */
export interface SourcePart {
  /** The part's `config.json`, or what a source without one knows of it, under the same keys. */
  readonly config: ConfigValue;
  /** Folder or file of the part, in messages. */
  readonly place: string;
  /**
   * Opens the weights, under the names of diffusers and transformers. Reads no values.
   *
   * @throws {LocRefError} if a file is missing or broken.
   */
  weights(): Promise<WeightSource>;
}

/** A model's files: a folder, or one file that holds several parts. */
export interface ModelSource {
  /** The folder or file. */
  readonly path: string;
  /** `model_index.json`; absent where the source has none. */
  readonly index?: ConfigValue;
  /**
   * Whether it holds a part, by the name of its folder in diffusers' layout: `unet`, `vae`,
   * `text_encoder`, `text_encoder_2`, `scheduler`, `tokenizer`, `tokenizer_2`.
   */
  has(name: string): boolean;
  /**
   * A part with config and weights.
   *
   * @throws {LocRefError} `file-missing` if there is none, with what supplies it.
   */
  part(name: string): Promise<SourcePart>;
  /**
   * The scheduler's config.
   *
   * @throws {LocRefError} `file-missing` if there is none.
   */
  scheduler(): Promise<ConfigValue>;
  /** Folder with the files of a tokenizer, which need not exist: `tokenizer` or `tokenizer_2`. */
  tokenizer(name: string): string;
}

/** Options of opening a base: they hold for every part. */
export interface OpenBaseOptions {
  /** Called with each sentence about keys of a config that are not known. */
  onWarning?: (warning: string) => void;
  /**
   * Takes the weights of each part as it opens and returns those that are used, such as with LoRAs
   * merged in.
   *
   * @param part Name of the part's folder in diffusers' layout.
   */
  wrapWeights?: (
    part: string,
    weights: WeightSource,
  ) => WeightSource | Promise<WeightSource>;
}

/** Options of {@linkcode openSourcePart}. */
export interface OpenSourcePartOptions extends OpenBaseOptions {
  /** Brings older names of weights up to date. */
  rename?: (weights: WeightSource) => WeightSource;
}

/**
 * Opens one part of a source.
 *
 * @param parse Checks the config and fills in its library's defaults.
 * @throws {LocRefError} if it is missing or broken, or what `parse` throws.
 */
export async function openSourcePart<C>(
  source: ModelSource,
  name: string,
  parse: (value: unknown, place: ConfigPlace) => Parsed<C>,
  options: OpenSourcePartOptions = {},
): Promise<ModelPart<C>> {
  const { rename = same, wrapWeights, onWarning } = options;
  const part = await source.part(name);
  const { value, file } = part.config;
  const { config, warnings } = parse(value, { file });
  for (const warning of warnings) onWarning?.(warning);
  const own = rename(await part.weights());
  const weights = await wrapWeights?.(name, own) ?? own;
  return { config, weights, folder: part.place };
}

function same(weights: WeightSource): WeightSource {
  return weights;
}
