import { missingPart } from "../missing_part.ts";
import type { ConfigValue, ModelSource, SourcePart } from "../model_source.ts";
import { openSafetensors } from "../safetensors/safetensors.ts";
import { clipTokenizers } from "./clip_tokenizers.ts";
import {
  type Family,
  familyNames,
  familyOf,
  findParts,
  type PredictionType,
} from "./family.ts";
import type { FileParts } from "./part_prefixes.ts";
import { indexConfig, schedulerConfig } from "./family_configs.ts";
import { filePart } from "./part_file.ts";
import { type Prediction, predictionOf } from "./prediction.ts";

/** Options of {@linkcode openSingleFile}. */
export interface SingleFileOptions {
  /** Kind of the denoiser's prediction. @default {what the file says, else the family's} */
  prediction?: PredictionType;
  /** Called with what the file does not say. */
  onWarning?: (warning: string) => void;
}

/** A checkpoint in one file. */
export interface SingleFile extends ModelSource {
  readonly family: Family;
  readonly prediction: Prediction;
}

/**
 * Opens a checkpoint of Stable Diffusion 1.x, 2.x or XL in one file as the source of a model. Its
 * weights have their original names or those of diffusers. It needs no config and no network: sizes
 * come from shapes, the rest from the family. Reads no values.
 *
 * @throws {LocRefError} `file-missing` or `file-invalid` if it cannot be read, `checkpoint-mismatch`
 * if it is no such checkpoint.
 */
export async function openSingleFile(
  path: string,
  options: SingleFileOptions = {},
): Promise<SingleFile> {
  const file = await openSafetensors(path);
  const parts = findParts(file);
  const family = familyOf(file, { path, parts });
  const prediction = predictionOf(file, {
    path,
    family,
    given: options.prediction,
  });
  if (prediction.doubt !== undefined) options.onWarning?.(prediction.doubt);
  const tokenizers = await clipTokenizers();
  const config = (value: unknown): ConfigValue => ({ value, file: path });
  const part = (name: string): SourcePart => {
    const prefix = parts[name as keyof FileParts];
    if (prefix === undefined) {
      throw missingPart(path, name, familyNames[family]);
    }
    const found = filePart(file, {
      ...{ part: name as keyof FileParts, prefix, family },
      prediction: prediction.type,
    });
    return {
      config: config(found.config),
      place: path,
      weights: () => Promise.resolve(found.weights),
    };
  };
  return {
    path,
    family,
    prediction,
    index: config(indexConfig(family)),
    has: (name) =>
      parts[name as keyof FileParts] !== undefined || name === "scheduler" ||
      name === "tokenizer" || name === "tokenizer_2" && family === "sdxl",
    part: (name) => Promise.resolve().then(() => part(name)),
    scheduler: () =>
      Promise.resolve(config(schedulerConfig(family, prediction))),
    tokenizer: (name) =>
      name === "tokenizer_2" || family === "sd2"
        ? tokenizers.open
        : tokenizers.plain,
  };
}
