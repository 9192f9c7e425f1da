import { join } from "node:path";
import {
  clipImage,
  type ClipImageConfig,
  clipImageProgram,
} from "../../../lib/encoders/clip_image.ts";
import { visionTokens } from "../../../lib/encoders/vit.ts";
import { normalisePlanes } from "../../../lib/images/pixel_values.ts";
import type { Executor, Program } from "../../../lib/ops/executor.ts";
import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import { parseClipImageConfig } from "../../../lib/weights/configs/clip_config.ts";
import { readConfigFile } from "../../../lib/weights/configs/read_config_file.ts";
import { type FrozenPart, openFrozenPart } from "./read_part.ts";

/** A trained image encoder. */
export interface FrozenImageEncoder extends FrozenPart {
  readonly config: ClipImageConfig;
}

/** Loads an image encoder's folder. */
export async function openImageTower(
  executor: Executor,
  folder: string,
): Promise<FrozenImageEncoder> {
  const path = join(folder, "config.json");
  const { config } = parseClipImageConfig(await readConfigFile(path), {
    file: path,
  });
  const weights = join(folder, "model.safetensors");
  const program = patchProgram(config);
  return { config, ...await openFrozenPart(executor, weights, program) };
}

/** The tower without its last layer: `pixels` in, penultimate tokens `features` out. */
function patchProgram(config: ClipImageConfig): Program {
  const { num_hidden_layers: layers, hidden_size: width } = config;
  const shorter = { ...config, num_hidden_layers: layers - 1 };
  const shape = ["batch", visionTokens(config), width];
  return {
    name: "image_patches",
    inputs: clipImageProgram(config).inputs,
    outputs: { features: { kind: "float", shape } },
    run: (ops, params, { pixels }) => ({
      features: clipImage(ops, params, pixels!, shorter).last,
    }),
  };
}

/** Penultimate tokens of pictures `[3, side, side]` (0..1): `[N, tokens, width]`. */
export async function patchFeatures(
  { config, runner }: Pick<FrozenImageEncoder, "config" | "runner">,
  pictures: readonly Float32Array[],
): Promise<Tensor> {
  const { image_size: side } = config;
  const cells = 3 * side * side;
  const pixels = new Float32Array(pictures.length * cells);
  for (const [n, picture] of pictures.entries()) {
    pixels.set(normalisePlanes(picture), n * cells);
  }
  const shape = [pictures.length, 3, side, side];
  const { features } = await runner.run({ pixels: tensor(shape, pixels) });
  return features!;
}
