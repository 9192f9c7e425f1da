import { LocRefError } from "../../core/error.ts";
import { quote } from "../../core/quote.ts";
import {
  type ModelFolderOptions,
  openModelFolder,
} from "../../weights/model_folder.ts";
import type { OpenBaseOptions } from "../../weights/model_source.ts";
import { type StableDiffusion, stableDiffusion } from "./stable_diffusion.ts";

/**
 * Opens a folder that must be Stable Diffusion, for what trains or measures its UNet itself.
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
