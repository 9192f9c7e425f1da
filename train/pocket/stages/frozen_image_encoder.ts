import { join } from "node:path";
import {
  clipImage,
  type ClipImageConfig,
  clipImageProgram,
} from "../../../lib/encoders/clip_image.ts";
import { normalisePlanes } from "../../../lib/images/pixel_values.ts";
import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import { upload } from "../../../lib/ops/tfjs/layout.ts";
import { tfjsOps } from "../../../lib/ops/tfjs/ops.ts";
import { parseClipImageConfig } from "../../../lib/weights/configs/clip_config.ts";
import { readConfigFile } from "../../../lib/weights/configs/read_config_file.ts";
import type { Tf } from "../../loop/tf.ts";
import { type FrozenPart, openFrozenPart } from "./read_part.ts";

/** A trained image encoder on the training device. */
export interface FrozenImageEncoder extends FrozenPart {
  readonly config: ClipImageConfig;
}

/** Loads an image encoder's folder. */
export async function openImageTower(
  tf: Tf,
  folder: string,
): Promise<FrozenImageEncoder> {
  const path = join(folder, "config.json");
  const { config } = parseClipImageConfig(await readConfigFile(path), {
    file: path,
  });
  const weights = join(folder, "model.safetensors");
  const program = clipImageProgram(config);
  return { config, ...await openFrozenPart(tf, weights, program) };
}

/** Penultimate tokens of pictures `[3, side, side]` (0..1): `[N, tokens, width]`. */
export function patchFeatures(
  tf: Tf,
  { config, params }: Pick<FrozenImageEncoder, "config" | "params">,
  pictures: readonly Float32Array[],
): Tensor {
  const { image_size: side } = config;
  const cells = 3 * side * side;
  const pixels = new Float32Array(pictures.length * cells);
  for (const [n, picture] of pictures.entries()) {
    pixels.set(normalisePlanes(picture), n * cells);
  }
  const features = tf.tidy(() => {
    const input = upload(
      tf,
      tensor([pictures.length, 3, side, side], pixels),
      "image",
    );
    const shorter = {
      ...config,
      num_hidden_layers: config.num_hidden_layers - 1,
    };
    return clipImage(tfjsOps(tf), params, input, shorter).last;
  });
  const data = Float32Array.from(features.dataSync());
  const { shape } = features;
  features.dispose();
  return tensor(shape, data);
}
