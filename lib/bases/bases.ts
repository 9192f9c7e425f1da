import type { OpenOptions } from "../weights/open_part.ts";
import type { BaseKind } from "./base.ts";
import {
  type StableDiffusion,
  stableDiffusion,
} from "./sd/stable_diffusion.ts";

/** Every family of bases, in the order in which a folder is compared with them. */
export const bases: readonly BaseKind<StableDiffusion>[] = [stableDiffusion];

/**
 * Opens a folder in the layout of diffusers as the base that it is.
 *
 * @throws {LocRefError} if a file is missing or broken, or a config is not supported.
 */
export async function openBase(
  folder: string,
  options: OpenOptions = {},
): Promise<StableDiffusion> {
  return await bases.find((kind) => kind.matches(folder))!.open(
    folder,
    options,
  );
}
