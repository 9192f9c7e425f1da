import type { Size } from "../core/geometry.ts";
import { planesFromRaster, type Raster } from "./raster.ts";
import { type Fit, resizeRaster } from "./resize.ts";

/** Mean of each channel that CLIP's pictures are normalised by (Radford et al. 2021). */
export const clipMean = [0.48145466, 0.4578275, 0.40821073] as const;
/** Standard deviation of each channel that CLIP's pictures are normalised by. */
export const clipStd = [0.26862954, 0.26130258, 0.27577711] as const;

/** Options of {@linkcode pixelValues}. */
export interface PixelValuesOptions {
  /** @default {"stretch"} */
  readonly fit?: Fit;
  /** Subtracted from each channel, red, green, blue. @default {clipMean} */
  readonly mean?: readonly number[];
  /** Divides each channel, red, green, blue. @default {clipStd} */
  readonly std?: readonly number[];
}

/**
 * A picture as an image encoder takes it: resized (bicubic), laid on black, and normalised,
 * `[3, height, width]`. With `fit: "cover"` this is CLIP's own preprocessing.
 */
export async function pixelValues(
  raster: Raster,
  size: Size,
  options: PixelValuesOptions = {},
): Promise<Float32Array> {
  const { fit, mean = clipMean, std = clipStd } = options;
  const planes = planesFromRaster(await resizeRaster(raster, size, { fit }));
  return normalisePlanes(planes, mean, std);
}

/** `(value − mean) / std` of each channel of `planes` `[3, height, width]`. */
export function normalisePlanes(
  planes: Float32Array,
  mean: readonly number[] = clipMean,
  std: readonly number[] = clipStd,
): Float32Array {
  const cells = planes.length / 3;
  return planes.map((value, i) => {
    const channel = Math.floor(i / cells);
    return (value - mean[channel]!) / std[channel]!;
  });
}
