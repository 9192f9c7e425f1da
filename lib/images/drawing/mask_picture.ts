import type { Size } from "../../core/geometry.ts";
import { colourParts, instanceColour } from "./overlay.ts";
import { type Raster, rasterFromPlanes } from "../raster.ts";

/** Grey of cells that no instance covers, 0 to 1. */
const ground = 0.09;

/**
 * Masks of several instances in one picture, each in its instance's colour, one pixel a cell; where
 * instances overlap their colours mix.
 *
 * @param masks one `[height · width]` an instance, values 0 to 1.
 */
export function maskPicture(
  masks: readonly Float32Array[],
  size: Size,
): Raster {
  const cells = size.height * size.width;
  const planes = new Float32Array(3 * cells).fill(ground);
  const colours = masks.map((_, i) => colourParts(instanceColour(i)));
  for (let cell = 0; cell < cells; cell++) {
    const sum = masks.reduce((total, mask) => total + mask[cell]!, 0);
    if (sum === 0) continue;
    for (let c = 0; c < 3; c++) {
      const mixed = masks.reduce(
        (total, mask, i) => total + mask[cell]! * colours[i]![c]!,
        0,
      );
      planes[c * cells + cell] = (mixed + ground * Math.max(0, 1 - sum)) /
        Math.max(1, sum);
    }
  }
  return rasterFromPlanes(planes, size.width, size.height);
}

/** Lines between cells, as an SVG fragment for a picture of `shown` pixels; none where they would crowd. */
export function drawCells(cells: Size, shown: Size): string {
  const step = shown.width / cells.width;
  if (step < 7) return "";
  const lines: string[] = [];
  for (let x = 1; x < cells.width; x++) {
    lines.push(`M${x * step} 0V${shown.height}`);
  }
  for (let y = 1; y < cells.height; y++) {
    lines.push(`M0 ${y * shown.height / cells.height}H${shown.width}`);
  }
  return `<path d="${
    lines.join("")
  }" stroke="#ffffff" stroke-opacity="0.16" fill="none"/>`;
}
