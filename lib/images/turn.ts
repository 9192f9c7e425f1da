import { rasterFromSharp, sharpFromRaster } from "./load_sharp.ts";
import type { Raster } from "./raster.ts";

/** Mirroring and clockwise turn of each EXIF orientation (CIPA DC-008, 4.6.4 A). */
const turns: Readonly<Record<number, readonly [boolean, number]>> = {
  2: [true, 0],
  3: [false, 180],
  4: [true, 180],
  5: [true, 270],
  6: [false, 90],
  7: [true, 90],
  8: [false, 270],
};

/** A picture as it was stored, turned upright by its EXIF orientation, 1 to 8. */
export async function turnUpright(
  raster: Raster,
  orientation: number,
): Promise<Raster> {
  const turn = turns[orientation];
  if (turn === undefined) return raster;
  const [mirrored, angle] = turn;
  let image = await sharpFromRaster(raster);
  // sharp mirrors after it turns, so a mirrored picture is mirrored in a pass of its own
  if (mirrored) {
    image = await sharpFromRaster(await rasterFromSharp(image.flop()));
  }
  return await rasterFromSharp(angle === 0 ? image : image.rotate(angle));
}

/** Whether an orientation exchanges width and height. */
export function liesOnSide(orientation: number): boolean {
  return orientation >= 5 && orientation <= 8;
}
