import { toDataUrl } from "../../../lib/images/encode.ts";
import { type Raster, rasterFromPlanes } from "../../../lib/images/raster.ts";
import type { FractionBox } from "../../../lib/core/geometry.ts";
import type { SceneData } from "../../../lib/scene_data/scene_data.ts";
import type { Layer } from "../stages/layer.ts";

/** Data that turns a scene of a world into a scene of the library. */
export interface WorldScene {
  readonly caption: string;
  readonly objects: readonly {
    readonly box: FractionBox;
    readonly layer: Layer;
    /** @default {0} */
    readonly z?: number;
  }[];
}

/**
 * The scene as users write one, with its references as pictures.
 *
 * @param cutout `alpha` where references are cut out.
 */
export async function sceneData(
  scene: WorldScene,
  cutout: "none" | "alpha",
): Promise<SceneData> {
  const instances = await Promise.all(
    scene.objects.map(async ({ box, layer, z = 0 }) => ({
      reference: await toDataUrl(layerRaster(layer)),
      box,
      scale: 1,
      start: 0,
      end: 1,
      z,
      cutout,
    })),
  );
  return { version: 1, caption: scene.caption, negative: "", instances };
}

/** A layer as a picture with straight alpha, 8 bits a channel. */
export function layerRaster({ width, height, data }: Layer): Raster {
  const cells = width * height;
  const planes = new Float32Array(3 * cells);
  for (let i = 0; i < cells; i++) {
    const alpha = data[i * 4 + 3]!;
    for (let c = 0; c < 3; c++) {
      planes[c * cells + i] = alpha > 0 ? data[i * 4 + c]! / alpha : 0;
    }
  }
  const raster = rasterFromPlanes(planes, width, height);
  for (let i = 0; i < cells; i++) {
    raster.data[i * 4 + 3] = Math.round(255 * data[i * 4 + 3]!);
  }
  return raster;
}
