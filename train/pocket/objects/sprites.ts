import sharp from "sharp";
import { join } from "node:path";
import { type Layer, trimLayer } from "../stages/layer.ts";
import { picturesFolder, type PocketObject } from "./objects.ts";

/**
 * The pictures of all objects, cut to what is visible, in the order of `objects`.
 *
 * @param side longer side in pixels, more than any scene draws them at.
 */
export async function loadSprites(
  objects: readonly PocketObject[],
  side: number,
): Promise<Layer[]> {
  return await Promise.all(objects.map(({ file }) => loadSprite(file, side)));
}

async function loadSprite(file: string, side: number): Promise<Layer> {
  const path = join(await picturesFolder(), file);
  const { data, info } = await sharp(path)
    .ensureAlpha()
    .resize(side, side, { fit: "inside" })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const layer = new Float32Array(data.length);
  for (let i = 0; i < data.length; i += 4) {
    const alpha = data[i + 3]! / 255;
    for (let c = 0; c < 3; c++) layer[i + c] = data[i + c]! / 255 * alpha;
    layer[i + 3] = alpha;
  }
  return trimLayer({ width: info.width, height: info.height, data: layer });
}
