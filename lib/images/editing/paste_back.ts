import { LocRefError } from "../../core/error.ts";
import type { Raster } from "../raster.ts";
import { distanceTo, type PaintMask } from "./paint_mask.ts";

/**
 * The painted picture with every kept pixel as it was, to the byte. Inside the mask the two blend
 * along its edge, so that no seam shows.
 *
 * @param feather width of the blend, in pixels; 0 is a hard edge.
 * @throws {LocRefError} `image-invalid` if sizes differ.
 */
export function pasteBack(
  kept: Raster,
  painted: Raster,
  { mask, feather }: { mask: PaintMask; feather: number },
): Raster {
  for (const other of [painted, mask]) {
    if (other.width === kept.width && other.height === kept.height) continue;
    throw new LocRefError(
      "image-invalid",
      `A picture of ${kept.width} × ${kept.height} pixels cannot be joined with one of ${other.width} × ${other.height}`,
    );
  }
  const alpha = featheredAlpha(mask, feather);
  const data = kept.data.slice();
  for (const [i, a] of alpha.entries()) {
    if (a === 0) continue;
    for (let c = 4 * i; c < 4 * i + 4; c++) {
      data[c] = a === 1
        ? painted.data[c]!
        : Math.round(kept.data[c]! * (1 - a) + painted.data[c]! * a);
    }
  }
  return { width: kept.width, height: kept.height, data };
}

/** How much of the painted picture shows, 0 outside of the mask and rising inside it to 1. */
export function featheredAlpha(mask: PaintMask, feather: number): Float32Array {
  const far = distanceTo(mask, 0, feather + 1);
  return far.map((distance) => distance / (feather + 1));
}
