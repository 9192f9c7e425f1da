import type { FractionBox, Size } from "../../lib/core/geometry.ts";
import { pixelBox } from "../../lib/images/composite.ts";
import { type Raster, rasterFromPlanes } from "../../lib/images/raster.ts";
import type { PictureEncoder } from "../../lib/pipeline/options/rulers.ts";
import { layerRaster } from "../../train/pocket/studio/scene_data.ts";
import { mirrorLayer } from "../../train/pocket/studio/warp.ts";
import type { PocketWorld } from "../../train/pocket/objects/pocket_world.ts";
import type { ControlScene } from "./control_scene.ts";

/** Finds the object of the world that a picture shows in a box. */
export interface Retrieval {
  /** For each object of the scene, whether it is the nearest of all to its box. */
  search(picture: Float32Array, scene: ControlScene): Promise<boolean[]>;
}

/** Opens the search among all objects of a world, each upright and mirrored, on black. */
export async function openRetrieval(
  encoder: PictureEncoder,
  { sprites }: PocketWorld,
): Promise<Retrieval> {
  const gallery = await encoder.embed(
    sprites.flatMap((sprite) => [sprite, mirrorLayer(sprite)].map(layerRaster)),
  );
  const nearest = (vector: Float32Array) => {
    let best = -1, most = -Infinity;
    for (const [i, other] of gallery.entries()) {
      const cosine = vector.reduce((sum, x, k) => sum + x * other[k]!, 0);
      if (cosine > most) [best, most] = [i, cosine];
    }
    return Math.floor(best / 2);
  };
  return {
    async search(picture, { size, objects }) {
      const crops = objects.map(({ box }) => crop(picture, size, box));
      const vectors = await encoder.embed(crops);
      return vectors.map((one, i) => nearest(one) === objects[i]!.index);
    },
  };
}

/** Content of a box of a picture. */
function crop(planes: Float32Array, size: Size, box: FractionBox): Raster {
  const { x, y, width, height } = pixelBox(box, size);
  const cells = size.width * size.height;
  const own = new Float32Array(3 * width * height);
  for (let i = 0; i < own.length; i++) {
    const column = i % width, row = Math.floor(i / width) % height;
    const plane = Math.floor(i / (width * height));
    own[i] = planes[plane * cells + (y + row) * size.width + x + column]!;
  }
  return rasterFromPlanes(own, width, height);
}
