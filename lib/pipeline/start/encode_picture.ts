import type { LatentSpace } from "../../bases/base.ts";
import { checkFinite } from "../../core/finite.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { floats } from "../../core/tensor_rows.ts";
import { planesFromRaster, type Raster } from "../../images/raster.ts";
import type { Runner } from "../../ops/executor.ts";

/** Options of {@linkcode encodePicture}. */
export interface EncodePictureOptions {
  readonly latent: LatentSpace;
  /** Unit noise of the latents' size, by which the posterior is sampled. @default {its mean} */
  readonly noise?: Float32Array;
  /** Folder of the VAE, in messages. */
  readonly files?: string;
}

/** Bounds of the logarithm of the variance, as the checkpoints were trained with. */
const least = -30, most = 20;

/**
 * The latents of a picture, as the denoiser reads them.
 *
 * @param encoder the VAE's encoder for pictures of this size.
 * @param planes `[1, 3, height, width]`, −1..1.
 * @throws {LocRefError} `not-finite` if they are.
 */
export async function encodePicture(
  encoder: Runner,
  planes: Tensor,
  { latent, noise, files = "vae" }: EncodePictureOptions,
): Promise<Float32Array> {
  const { mean, logvar } = await encoder.run({ picture: planes });
  checkFinite(mean!, { stage: "VAE's encoder", files });
  const spread = floats(logvar!);
  return floats(mean!).map((value, i) => {
    const deviation = noise === undefined
      ? 0
      : Math.exp(Math.min(most, Math.max(least, spread[i]!)) / 2) * noise[i]!;
    return (value + deviation - latent.shift) * latent.scale;
  });
}

/** A picture as the VAE reads it, `[1, 3, height, width]` in −1..1; `painted` pixels are grey. */
export function picturePlanes(
  raster: Raster,
  painted?: Uint8Array,
): Tensor {
  const { width, height } = raster;
  const planes = planesFromRaster(raster).map((value) => 2 * value - 1);
  painted?.forEach((one, i) => {
    if (one === 0) return;
    for (let c = 0; c < 3; c++) planes[c * painted.length + i] = 0;
  });
  return tensor([1, 3, height, width], planes);
}
