import { join } from "node:path";
import type { ClipImageConfig } from "../lib/encoders/clip_image.ts";
import { visionTokens } from "../lib/encoders/vit.ts";
import { readJson } from "../lib/core/files/read_json.ts";
import { readConfigFile } from "../lib/weights/configs/read_config_file.ts";
import {
  parseUnetConfig,
  type UnetSettings,
} from "../lib/weights/configs/unet_config.ts";

/** Sizes of a pocket model that steps of its UNet are measured with. */
export interface PocketSizes {
  readonly unet: UnetSettings;
  /** Tokens of a caption. */
  readonly textTokens: number;
  /** Tokens of a picture, with that of its class. */
  readonly imageTokens: number;
}

/** Reads the sizes of the pocket model in `folder`. */
export async function pocketSizes(folder: string): Promise<PocketSizes> {
  const file = join(folder, "unet", "config.json");
  const { config: unet } = parseUnetConfig(await readConfigFile(file), {
    file,
  });
  const part = (name: string) => join(folder, name, "config.json");
  const { max_position_embeddings: textTokens } = await readJson<
    { max_position_embeddings: number }
  >(part("text_encoder"));
  const imageTokens = visionTokens(
    await readJson<ClipImageConfig>(part("image_encoder")),
  );
  return { unet, textTokens, imageTokens };
}
