import type { FractionBox, Size } from "../../core/geometry.ts";
import { resizeBilinear } from "../../masks/resize_bilinear.ts";

/** A mask of the picture, `[height · width]`, row by row. */
export interface PixelMask extends Size {
  readonly data: Float32Array;
}

/** MIGC's masks at one resolution, `[height · width]` each. */
export interface MigcMasks {
  readonly background: Float32Array;
  readonly instances: readonly Float32Array[];
}

/** A box painted into pixels; its edges are cut to whole ones. */
export function paintBox(box: FractionBox, size: Size): PixelMask {
  const { height, width } = size;
  const data = new Float32Array(height * width);
  const [x0, x1] = [box.x0, box.x1].map((x) => Math.trunc(x * width));
  const [y0, y1] = [box.y0, box.y1].map((y) => Math.trunc(y * height));
  for (let y = y0!; y < y1!; y++) {
    data.fill(1, y * width + x0!, y * width + x1!);
  }
  return { ...size, data };
}

/**
 * Masks of instances and of what no instance covers, resized to the latents and then to a layer.
 * Both resizes read the two samples beside each centre, as MIGC was trained with.
 */
export function migcMasks(
  masks: readonly PixelMask[],
  picture: Size,
  { latent, layer }: { latent: Size; layer: Size },
): MigcMasks {
  const outside = new Float32Array(picture.height * picture.width).fill(1);
  for (const { data } of masks) {
    data.forEach((value, i) => {
      if (value > 0) outside[i] = 0;
    });
  }
  const shrink = (mask: PixelMask) =>
    resizeBilinear(
      { ...latent, data: resizeBilinear(mask, latent) },
      layer,
    );
  return {
    background: shrink({ ...picture, data: outside }),
    instances: masks.map(shrink),
  };
}
