import { parseClipImageConfig } from "../weights/configs/clip_config.ts";
import {
  type ModelPart,
  type OpenOptions,
  openPart,
} from "../weights/open_part.ts";
import type { ClipImageConfig } from "./clip_image.ts";

/** Opens an image encoder, a folder with `config.json` and weights. */
export async function openImageEncoder(
  folder: string,
  options: OpenOptions = {},
): Promise<ModelPart<ClipImageConfig>> {
  return await openPart(folder, parseClipImageConfig, options);
}
