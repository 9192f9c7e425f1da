import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { LocRefError } from "../../core/error.ts";
import { quotePath } from "../../core/machine/system_error.ts";
import { openModelFolder } from "../model_folder.ts";
import {
  type ConfigValue,
  type ModelSource,
  pipelineOf,
  type SourcePart,
} from "../model_source.ts";
import { openSafetensors } from "../safetensors/safetensors.ts";
import type { Family, PredictionType } from "./family.ts";
import type { FileParts } from "./part_prefixes.ts";
import { partOfFile } from "./part_file.ts";

/** Folders or files in the place of a model's own parts, by the names of the parts' folders. */
export type Replacements = { readonly [Part in keyof FileParts]?: string };

/** Options of {@linkcode replaceParts}. */
export interface ReplaceOptions {
  /** Variant of the weight files in folders, such as `fp16`. */
  variant?: string;
  /** Kind of the denoiser's prediction, in the place of what the scheduler's config says. */
  prediction?: PredictionType;
}

/**
 * A model with other parts: each from a folder or a file, alone or in a whole model. A file's part has the config of the part whose place it takes, where there is one.
 *
 * @throws {LocRefError} `checkpoint-mismatch` if a second text encoder is given to a model with one.
 */
export function replaceParts(
  source: ModelSource,
  replacements: Replacements,
  { variant, prediction }: ReplaceOptions = {},
): ModelSource {
  refuseSecondEncoder(source, replacements.text_encoder_2);
  const pathOf = (name: string) => replacements[name as keyof FileParts];
  return {
    ...source,
    has: (name) => pathOf(name) !== undefined || source.has(name),
    async part(name) {
      const path = pathOf(name);
      if (path === undefined) return await source.part(name);
      return (await stat(path)).isDirectory()
        ? await folderPart(path, name, variant)
        : await partInFile(source, { name: name as keyof FileParts, path });
    },
    async scheduler() {
      const found = await source.scheduler();
      return prediction === undefined ? found : predicting(found, prediction);
    },
  };
}

/** A model of one text encoder would never read the second. */
function refuseSecondEncoder(
  source: ModelSource,
  given: string | undefined,
): void {
  if (given === undefined || familyOfSource(source) === "sdxl") return;
  throw secondEncoderError(given, source.path);
}

/** The error about a second text encoder that a model of one would never read. */
export function secondEncoderError(given: string, model: string): LocRefError {
  return new LocRefError(
    "checkpoint-mismatch",
    `Option textEncoder2 is ${quotePath(given)}, but model ${
      quotePath(model)
    } has one text encoder: leave it out, or give option textEncoder`,
  );
}

/** A part's own folder, or a whole model's with the part in it. */
async function folderPart(
  folder: string,
  name: string,
  variant: string | undefined,
): Promise<SourcePart> {
  const path = resolve(folder);
  const has = (file: string) => existsSync(join(path, file));
  if (!has("config.json") && has("model_index.json")) {
    return await (await openModelFolder(path, { variant })).part(name);
  }
  const parent = await openModelFolder(dirname(path), { variant });
  return { ...await parent.part(basename(path)), place: folder };
}

async function partInFile(
  source: ModelSource,
  { name, path }: { name: keyof FileParts; path: string },
): Promise<SourcePart> {
  const file = await openSafetensors(path);
  const family = familyOfSource(source);
  const found = partOfFile(file, { path, part: name, family });
  const config = source.has(name)
    ? (await source.part(name)).config
    : { value: found.config, file: path };
  return {
    config,
    place: path,
    weights: () => Promise.resolve(found.weights),
  };
}

function familyOfSource(source: ModelSource & { family?: Family }): Family {
  if (source.family !== undefined) return source.family;
  const pipeline = pipelineOf(source.index);
  return `${pipeline}`.includes("XL") || source.has("text_encoder_2")
    ? "sdxl"
    : "sd1";
}

function predicting(
  { value, file }: ConfigValue,
  prediction: PredictionType,
): ConfigValue {
  if (typeof value !== "object" || value === null) return { value, file };
  return { value: { ...value, prediction_type: prediction }, file };
}
