/** The families of bases, and which one a model is of. */

import { LocRefError } from "../core/error.ts";
import { anyText, callback, text } from "../core/kinds.ts";
import { quote } from "../core/quote.ts";
import { list, type Registry, registry } from "../core/registry.ts";
import {
  type ModelFolderOptions,
  openModelFolder,
} from "../weights/model_folder.ts";
import {
  type ModelSource,
  type OpenBaseOptions,
  pipelineOf,
} from "../weights/model_source.ts";
import type { Base } from "./base.ts";
import type { DenoiserShape } from "./denoiser_shape.ts";
import type { BaseKind, KnownModel, Recognised } from "./base_kind.ts";
import { otherPipeline } from "./other_pipelines.ts";
import { stableDiffusion } from "./sd/stable_diffusion.ts";
import { stableDiffusionXl } from "./sdxl/stable_diffusion_xl.ts";

/** The families of this package, in the order in which a model is compared with them. */
const builtInBases: readonly BaseKind[] = [
  stableDiffusionXl,
  stableDiffusion,
];

/** The families that exist; one that a program adds is compared before those of this package. */
export const bases: Registry<BaseKind> = registry<BaseKind>(builtInBases, {
  of: "bases.add",
  entry: "Base",
  nameOf: ({ family }) => family,
  first: true,
  needs: {
    family: text("a name"),
    summary: anyText,
    pipelines: list,
    settings: list,
    known: list,
    matches: callback,
    open: callback,
    denoiserOf: callback,
    denoiserIn: callback,
  },
});

/**
 * The family of a model.
 *
 * @throws {LocRefError} `config-invalid` if it is of none, naming its pipeline and those that are known.
 */
export function baseKindOf(source: Recognised): BaseKind {
  const found = [...bases].find((kind) => kind.matches(source));
  if (found !== undefined) return found;
  const pipeline = pipelineOf(source.index);
  const known = [...bases].map(({ summary, pipelines }) =>
    `"${pipelines[0]}" (${summary})`
  );
  const other = otherPipeline(pipeline);
  throw new LocRefError(
    "config-invalid",
    pipeline === undefined
      ? `Model ${
        quote(source.path)
      } has the parts of no model that LocRef runs: it must be one of ${
        known.join(", ")
      }`
      : `File "${source.index!.file}": key "_class_name" must be ${
        known.join(", ")
      }, or another with the same parts, got ${quote(pipeline)}${
        other === undefined ? "" : ` (${other})`
      }`,
  );
}

/**
 * Opens a model as the base that it is: a folder in the layout of diffusers, or another source.
 *
 * @throws {LocRefError} if a file is missing or broken, a config is not supported, or the model is of
 * no family.
 */
export async function openBase(
  model: string | ModelSource,
  options: OpenBaseOptions & ModelFolderOptions = {},
): Promise<Base> {
  const source = typeof model === "string"
    ? await openModelFolder(model, options)
    : model;
  return await baseKindOf(source).open(source, options);
}

/** A denoiser in a weight file: its family and shape, or why no family reads it. */
export interface FoundDenoiser {
  /** The family. @default {none recognises the file} */
  readonly kind?: BaseKind;
  /** Its shape. @default {none recognises the file} */
  readonly shape?: DenoiserShape;
  /** The first error about a weight that defines a size, where no family reads the file. */
  readonly error?: LocRefError;
}

/** The denoiser that a weight file holds, by the shapes of its tensors. */
export function denoiserIn(
  weights: Parameters<BaseKind["denoiserIn"]>[0],
): FoundDenoiser {
  let error: LocRefError | undefined;
  for (const kind of bases) {
    try {
      const shape = kind.denoiserIn(weights);
      if (shape !== undefined) return { kind, shape };
    } catch (cause) {
      if (!(cause instanceof LocRefError)) throw cause;
      error ??= cause;
    }
  }
  return { error };
}

/** Folders of the families whose parts are not those of Stable Diffusion. */
export function ownLayouts(): (readonly string[])[] {
  return [...bases].flatMap(({ folders }) => folders ? [folders] : []);
}

/** The published model that fits, of those whose sizes are known without files. */
export function knownModel(
  fits: (model: KnownModel) => boolean,
): KnownModel | undefined {
  return [...bases].flatMap(({ known }) => known).find(fits);
}
