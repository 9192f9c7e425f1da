import {
  type ClipImageConfig,
  clipImageProgram,
} from "../../encoders/clip_image.ts";
import { normalisePlanes } from "../../images/pixel_values.ts";
import type { Executor } from "../../ops/executor.ts";
import { tensor } from "../../core/tensor.ts";
import { openImageEncoder } from "../../encoders/open_image_encoder.ts";
import { unit } from "./unit.ts";

/** An image encoder by which pictures are compared. */
export interface SimilarityEncoder {
  readonly config: ClipImageConfig;
  /** Unit vectors of square pictures `[3, image_size, image_size]` (0..1). */
  embed(pictures: readonly Float32Array[]): Promise<Float32Array[]>;
  /** Frees the encoder's memory. */
  dispose(): Promise<void>;
}

/** Loads a CLIP image encoder in Hugging Face layout. */
export async function loadSimilarityEncoder(
  folder: string,
  executor: Executor,
): Promise<SimilarityEncoder> {
  const { config, weights } = await openImageEncoder(folder);
  const runner = await executor.compile(clipImageProgram(config), weights, {
    inputsComeAgain: false,
  });
  const side = config.image_size, width = config.projection_dim;
  return {
    config,
    async embed(pictures) {
      if (pictures.length === 0) return [];
      const pixels = new Float32Array(pictures.length * 3 * side * side);
      for (const [n, picture] of pictures.entries()) {
        pixels.set(normalisePlanes(picture), n * picture.length);
      }
      const input = tensor([pictures.length, 3, side, side], pixels);
      const { embeds } = await runner.run({ pixels: input });
      return pictures.map((_, n) =>
        unit(
          Float32Array.from(embeds!.data.subarray(n * width, (n + 1) * width)),
        )
      );
    },
    dispose: () => runner.dispose(),
  };
}
