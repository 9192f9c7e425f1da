import { drawOver } from "../composite.ts";
import { instanceColour } from "./overlay.ts";
import { blankRaster, type Raster } from "../raster.ts";
import { resizeRaster } from "../resize.ts";

/** Side of a square of the chequered ground that shows through, in pixels. */
const square = 16;

/** Pictures in a square of tiles on a chequered ground, `side` pixels wide and high. */
export async function contactPicture(
  pictures: readonly Raster[],
  side: number,
): Promise<Raster> {
  const canvas = chequered(side);
  const columns = columnsFor(pictures.length);
  const tile = Math.floor(side / columns);
  const inner = Math.max(1, tile - 16);
  for (const [i, picture] of pictures.entries()) {
    const shown = await resizeRaster(picture, { width: inner, height: inner }, {
      fit: "contain",
    });
    const x = (i % columns) * tile + 8;
    drawOver(canvas, shown, x, Math.floor(i / columns) * tile + 8);
  }
  return canvas;
}

/**
 * Frames around the tiles of {@linkcode contactPicture} in their instances' colours, as an SVG fragment.
 *
 * @param owners the instance of each tile, from 0.
 */
export function drawTiles(owners: readonly number[], side: number): string {
  const columns = columnsFor(owners.length);
  const tile = Math.floor(side / columns);
  return owners.map((owner, i) => {
    const x = (i % columns) * tile + 4;
    const y = Math.floor(i / columns) * tile + 4;
    return `<rect x="${x}" y="${y}" width="${tile - 8}" height="${
      tile - 8
    }" rx="4" fill="none" stroke="${
      instanceColour(owner)
    }" stroke-width="2.5"/>`;
  }).join("");
}

function columnsFor(count: number): number {
  return Math.max(1, Math.ceil(Math.sqrt(count)));
}

function chequered(side: number): Raster {
  const canvas = blankRaster(side, side, [228, 228, 228, 255]);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      if ((Math.floor(x / square) + Math.floor(y / square)) % 2 === 0) continue;
      canvas.data.set([208, 208, 208], (y * side + x) * 4);
    }
  }
  return canvas;
}
