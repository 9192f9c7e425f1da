import { quote } from "../../core/quote.ts";
import { decodeImage } from "../../images/decode.ts";
import type { Raster } from "../../images/raster.ts";
import { sourceName } from "../../images/read_source.ts";
import type { SceneData } from "../../scene_data/scene_data.ts";
import type { ReadStartOptions } from "./read_start.ts";

/**
 * Reads the photograph of a scene's style; `undefined` where the style is made of a caption.
 *
 * @throws {LocRefError} if it is missing or no picture.
 */
export async function readStyle(
  { style }: Pick<SceneData, "style">,
  options: ReadStartOptions = {},
): Promise<Raster | undefined> {
  if (style?.image === undefined) return undefined;
  const name = `Style ${quote(sourceName(style.image))}`;
  return await decodeImage(style.image, { ...options, name });
}
