import type { Sharp } from "sharp";
import type { Size } from "../core/geometry.ts";
import { lanczosRaster } from "./lanczos.ts";
import { rasterFromSharp, sharpFromRaster } from "./load_sharp.ts";
import type { Raster } from "./raster.ts";

/**
 * How a picture meets a size of another shape: `stretch` it, `contain` it whole between
 * transparent bars, or `cover` the size and cut off what stands out, centred.
 */
export type Fit = "stretch" | "contain" | "cover";

/** The ways in which a picture meets a size of another shape. */
export const fits: readonly Fit[] = ["stretch", "contain", "cover"];

/** Options of {@linkcode resizeRaster}. */
export interface ResizeOptions {
  /** @default {"stretch"} */
  readonly fit?: Fit;
  /** `bicubic` (a = −0.5, antialiased, as Pillow's), or `nearest`. @default {"bicubic"} */
  readonly filter?: keyof typeof kernels;
}

const kernels = {
  bicubic: "cubic",
  nearest: "nearest",
} as const;

const sharpFits = {
  stretch: "fill",
  contain: "contain",
  cover: "cover",
} as const;

/** A raster at another size. */
export async function resizeRaster(
  raster: Raster,
  size: Size,
  options: ResizeOptions = {},
): Promise<Raster> {
  const { fit = "stretch", filter = "bicubic" } = options;
  if (raster.width === size.width && raster.height === size.height) {
    return raster;
  }
  const image: Sharp = await sharpFromRaster(raster);
  return await rasterFromSharp(
    image.resize(size.width, size.height, {
      fit: sharpFits[fit],
      kernel: kernels[filter],
      background: { r: 0, g: 0, b: 0, alpha: 0 },
      fastShrinkOnLoad: false,
    }),
  );
}

/** A raster a whole number of times as large. */
export async function enlargeRaster(
  raster: Raster,
  scale: number,
  filter: "lanczos" | "nearest",
): Promise<Raster> {
  const { width, height } = raster;
  const size = { width: scale * width, height: scale * height };
  if (scale === 1) return raster;
  if (filter === "lanczos") return lanczosRaster(raster, size);
  return await resizeRaster(raster, size, { filter });
}

/** The part of a raster that a rectangle in pixels holds; beyond the edges it is transparent. */
export function cropRaster(
  raster: Raster,
  rectangle: { x: number; y: number; width: number; height: number },
): Raster {
  const { x, y, width, height } = rectangle;
  const data = new Uint8Array(width * height * 4);
  const from = Math.max(0, -x);
  const to = Math.min(width, raster.width - x);
  for (let row = 0; row < height; row++) {
    const source = y + row;
    if (source < 0 || source >= raster.height || to <= from) continue;
    const start = (source * raster.width + x + from) * 4;
    data.set(
      raster.data.subarray(start, start + (to - from) * 4),
      (row * width + from) * 4,
    );
  }
  return { width, height, data };
}
