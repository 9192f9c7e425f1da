import { type VitConfig, vitProgram } from "../../encoders/vit.ts";
import type { Executor } from "../../ops/executor.ts";
import { openPart } from "../../weights/open_part.ts";
import { weightFiles } from "../../pipeline/provenance/provenance.ts";
import { readPreprocessor } from "../../weights/configs/preprocessor_config.ts";
import { parseVitConfig } from "../../weights/configs/vit_config.ts";
import { embedPictures } from "./embed_pictures.ts";
import type { PictureEncoder } from "../../pipeline/options/rulers.ts";
import { vitWeights } from "./vit_weights.ts";

/** How pictures of ImageNet are normalised, which both models were trained on. */
const imageNet = {
  image_mean: [0.485, 0.456, 0.406],
  image_std: [0.229, 0.224, 0.225],
} as const;

/** Side that both models are commonly compared at, in pixels. */
const usualSide = 224;

/**
 * DINO (Caron et al. 2021; a `ViTModel`) or DINOv2 (Oquab et al. 2023; a `Dinov2Model`) in Hugging
 * Face layout, by whose class token pictures are compared. Pictures are stretched to a square.
 *
 * @throws {LocRefError} if a file is missing or broken, or the model is of a kind that is not known.
 */
export async function loadVitEncoder(
  folder: string,
  executor: Executor,
): Promise<PictureEncoder> {
  const opened = await openPart(folder, parseVitConfig);
  const file = opened.config;
  const { config: own } = await readPreprocessor(folder, imageNet);
  const { image_mean: mean, image_std: std } = own;
  const side = Math.max(
    own.side ?? Math.min(usualSide, file.image_size),
    file.patch_size,
  );
  const config: VitConfig = {
    ...file,
    image_size: side - side % file.patch_size,
  };
  const weights = await vitWeights(opened.weights, file, config);
  const tower = await executor.compile(vitProgram(config), weights, {
    inputsComeAgain: false,
  });
  return {
    files: weightFiles(opened.weights),
    embed: (pictures) =>
      embedPictures(tower, pictures, {
        ...{ side: config.image_size, width: config.hidden_size, mean, std },
      }),
    dispose: () => tower.dispose(),
  };
}
