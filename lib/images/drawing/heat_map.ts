import type { Size } from "../../core/geometry.ts";
import { type Raster, rasterFromPlanes } from "../raster.ts";
import { resizeRaster } from "../resize.ts";

/** Dark to bright in equal steps for the eye: five colours of matplotlib's `magma` (CC0). */
const ramp = [
  [0, 0, 4],
  [81, 18, 124],
  [183, 55, 121],
  [252, 137, 97],
  [252, 253, 191],
] as const;

/** The colour of a value from 0 to 1, red, green and blue from 0 to 1. */
function heatColour(value: number): [number, number, number] {
  const place = Math.min(1, Math.max(0, value)) * (ramp.length - 1);
  const index = Math.min(ramp.length - 2, Math.floor(place));
  const rest = place - index;
  return [0, 1, 2].map((c) =>
    (ramp[index]![c]! * (1 - rest) + ramp[index + 1]![c]! * rest) / 255
  ) as [number, number, number];
}

/** Options of {@linkcode heatMap}. */
export interface HeatMapOptions {
  /** Value of the brightest colour. @default {the largest value} */
  readonly max?: number;
  /** A picture to show in grey below the colours. */
  readonly over?: Raster;
}

/** Values of cells as colours, one pixel a cell, or smoothly over a picture. */
export async function heatMap(
  values: Float32Array,
  size: Size,
  options: HeatMapOptions = {},
): Promise<Raster> {
  const { over, max = values.reduce((a, b) => Math.max(a, b), 0) } = options;
  const cells = size.height * size.width;
  const planes = new Float32Array(3 * cells);
  for (let i = 0; i < cells; i++) {
    const colour = heatColour(max > 0 ? values[i]! / max : 0);
    colour.forEach((part, c) => planes[c * cells + i] = part);
  }
  const map = rasterFromPlanes(planes, size.width, size.height);
  if (over === undefined) return map;
  return blendOver(await resizeRaster(map, over), over);
}

/** Colours on the picture's lightness: 70 % colour, 30 % grey picture. */
function blendOver(map: Raster, picture: Raster): Raster {
  const data = map.data.slice();
  for (let i = 0; i < data.length; i += 4) {
    const [r, g, b] = picture.data.subarray(i, i + 3);
    const grey = 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
    for (let c = 0; c < 3; c++) {
      data[i + c] = Math.round(0.7 * data[i + c]! + 0.3 * grey);
    }
  }
  return { width: map.width, height: map.height, data };
}
