import { LocRefError } from "../lib/core/error.ts";
import { quote } from "../lib/core/quote.ts";
import {
  type ModelFolderOptions,
  openModelFolder,
} from "../lib/weights/model_folder.ts";
import type { OpenBaseOptions } from "../lib/weights/model_source.ts";
import {
  type StableDiffusion,
  stableDiffusion,
} from "../lib/bases/sd/stable_diffusion.ts";

/**
 * Opens a folder that must be Stable Diffusion, for tests and measurements of its UNet.
 *
 * @throws {LocRefError} `config-invalid` if it is of another family.
 */
export async function openStableDiffusion(
  folder: string,
  options: OpenBaseOptions & ModelFolderOptions = {},
): Promise<StableDiffusion> {
  const source = await openModelFolder(folder, options);
  if (stableDiffusion.matches(source)) {
    return await stableDiffusion.open(source, options);
  }
  throw new LocRefError(
    "config-invalid",
    `Model ${
      quote(folder)
    } is of another family: it must be ${stableDiffusion.summary}`,
  );
}
