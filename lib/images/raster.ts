/** Pictures on the host. */

/** A picture in sRGB with alpha, 8 bits a channel. */
export interface Raster {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** Red, green, blue, alpha (not premultiplied) of each pixel, row by row: `[height · width · 4]`. */
  readonly data: Uint8Array;
}

/** Red, green, blue and alpha, each 0 to 255. */
export type Colour = readonly [number, number, number, number];

/** A raster of one colour; transparent black by default. */
export function blankRaster(
  width: number,
  height: number,
  colour: Colour = [0, 0, 0, 0],
): Raster {
  const pixel = new Uint32Array(Uint8Array.from(colour).buffer)[0]!;
  const pixels = new Uint32Array(width * height).fill(pixel);
  return { width, height, data: new Uint8Array(pixels.buffer) };
}

/**
 * A raster from values 0 to 1 in PyTorch's order, `[3, height, width]`; what is beyond is cut off.
 */
export function rasterFromPlanes(
  planes: Float32Array,
  width: number,
  height: number,
): Raster {
  const cells = width * height;
  if (planes.length !== 3 * cells) {
    throw new RangeError(
      `Picture of ${width} × ${height} pixels needs ${
        3 * cells
      } values, got ${planes.length}`,
    );
  }
  const data = new Uint8Array(cells * 4);
  for (let i = 0; i < cells; i++) {
    for (let c = 0; c < 3; c++) {
      const value = Math.min(1, Math.max(0, planes[c * cells + i]!));
      data[i * 4 + c] = Math.round(value * 255);
    }
    data[i * 4 + 3] = 255;
  }
  return { width, height, data };
}

/** Values 0 to 1 over black in PyTorch's order, `[3, height, width]`. */
export function planesFromRaster(raster: Raster): Float32Array {
  const cells = raster.width * raster.height;
  const planes = new Float32Array(3 * cells);
  for (let i = 0; i < cells; i++) {
    const alpha = raster.data[i * 4 + 3]! / 255;
    for (let c = 0; c < 3; c++) {
      planes[c * cells + i] = raster.data[i * 4 + c]! / 255 * alpha;
    }
  }
  return planes;
}

/** A raster of grey levels from values 0 to 1, such as a mask. */
export function rasterFromMask(
  mask: Float32Array,
  width: number,
  height: number,
): Raster {
  const planes = new Float32Array(3 * mask.length);
  for (let c = 0; c < 3; c++) planes.set(mask, c * mask.length);
  return rasterFromPlanes(planes, width, height);
}
