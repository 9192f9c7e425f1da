import type { SoftMask } from "./masks/soft_mask.ts";
import type { Raster } from "./raster.ts";
import { resizeRaster } from "./resize.ts";

/** A picture read as a mask: its alpha where it has any transparency, else its lightness. */
export function maskFromRaster(raster: Raster): SoftMask {
  const { width, height, data } = raster;
  const transparent = hasTransparency(raster);
  const mask = new Float32Array(width * height);
  for (let i = 0; i < mask.length; i++) {
    const at = i * 4;
    mask[i] = transparent
      ? data[at + 3]! / 255
      : (0.2126 * data[at]! + 0.7152 * data[at + 1]! +
        0.0722 * data[at + 2]!) / 255;
  }
  return { width, height, data: mask };
}

/** Whether any pixel lets something through. */
export function hasTransparency(raster: Raster): boolean {
  for (let i = 3; i < raster.data.length; i += 4) {
    if (raster.data[i] !== 255) return true;
  }
  return false;
}

/** The picture with its alpha multiplied by `mask`, which is stretched to the picture's size. */
export async function cutOut(raster: Raster, mask: Raster): Promise<Raster> {
  const size = { width: raster.width, height: raster.height };
  const factor = maskFromRaster(await resizeRaster(mask, size));
  const data = raster.data.slice();
  for (let i = 0; i < factor.data.length; i++) {
    data[i * 4 + 3] = Math.round(data[i * 4 + 3]! * factor.data[i]!);
  }
  return { ...size, data };
}

/** The picture as it is seen without its alpha (instance segmentation off): fully opaque. */
export function opaque(raster: Raster): Raster {
  const data = raster.data.slice();
  for (let i = 3; i < data.length; i += 4) data[i] = 255;
  return { width: raster.width, height: raster.height, data };
}
