import {
  type ModelFolderOptions,
  openModelFolder,
} from "../weights/model_folder.ts";
import type { ModelSource, OpenBaseOptions } from "../weights/model_source.ts";
import type { BaseKind } from "./base.ts";
import {
  type StableDiffusion,
  stableDiffusion,
} from "./sd/stable_diffusion.ts";

/** Every family of bases, in the order in which a folder is compared with them. */
export const bases: readonly BaseKind<StableDiffusion>[] = [stableDiffusion];

/**
 * Opens a model as the base that it is: a folder in the layout of diffusers, or another source.
 *
 * @throws {LocRefError} if a file is missing or broken, or a config is not supported.
 */
export async function openBase(
  model: string | ModelSource,
  options: OpenBaseOptions & ModelFolderOptions = {},
): Promise<StableDiffusion> {
  const source = typeof model === "string"
    ? await openModelFolder(model, options)
    : model;
  return await bases.find((kind) => kind.matches(source))!.open(
    source,
    options,
  );
}
