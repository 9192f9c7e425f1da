import type { Size } from "../core/geometry.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { gaussianNoise } from "../core/random.ts";

/** An instance whose box has noise of its own. */
export interface SeededRegion {
  readonly seed: number;
  /** Coverage of the instance at latent size, 0..1. */
  readonly coverage: Float32Array;
}

/**
 * Noise for latents of `size`, `[1, channels, height, width]`.
 *
 * A seeded region sets the cells that it covers by half or more. Later regions win over earlier ones.
 */
export function sceneNoise(
  seed: number,
  channels: number,
  size: Size,
  regions: readonly SeededRegion[] = [],
): Tensor {
  const cells = size.height * size.width;
  const noise = gaussianNoise(seed, channels * cells);
  for (const region of regions) {
    const own = gaussianNoise(region.seed, channels * cells);
    for (let c = 0; c < channels; c++) {
      for (let i = 0; i < cells; i++) {
        if (region.coverage[i]! >= 0.5) {
          noise[c * cells + i] = own[c * cells + i]!;
        }
      }
    }
  }
  return tensor([1, channels, size.height, size.width], noise);
}
