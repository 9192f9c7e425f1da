import { type Raster, rasterFromPlanes } from "../../../lib/images/raster.ts";
import { toDataUrl } from "../../../lib/images/encode.ts";
import type { SceneData } from "../../../lib/scene_data/scene_data.ts";
import { random } from "../../../lib/core/random.ts";
import type { Layer } from "../stages/layer.ts";
import { drawScene, type PocketScene, type PocketWorld } from "./scenes.ts";

/** One scene of held-out objects: the same objects in the same places, with both kinds of reference. */
export interface HeldOutScene {
  /** The composition that the references come from: the ceiling. */
  readonly truth: PocketScene;
  /** With references as they lie in the picture, surroundings and all. */
  readonly withBackground: SceneData;
  /** With references cut out. */
  readonly cutOut: SceneData;
}

/** Draws scenes of held-out objects, the same for the same seed. */
export async function heldOutScenes(
  world: PocketWorld,
  options: { seed: number; scenes: number },
): Promise<HeldOutScene[]> {
  const drawn: HeldOutScene[] = [];
  for (let i = 0; i < options.scenes; i++) {
    const stream = () => random(options.seed, "ablation", i);
    const truth = drawScene(world, stream(), { split: "heldOut", is: true });
    const crops = drawScene(world, stream(), { split: "heldOut", is: false });
    drawn.push({
      truth,
      withBackground: await sceneData(crops, "none"),
      cutOut: await sceneData(truth, "alpha"),
    });
  }
  return drawn;
}

async function sceneData(
  scene: PocketScene,
  cutout: "none" | "alpha",
): Promise<SceneData> {
  const instances = await Promise.all(
    scene.objects.map(async ({ box, layer }) => ({
      reference: await toDataUrl(layerRaster(layer)),
      box,
      scale: 1,
      start: 0,
      end: 1,
      z: 0,
      cutout,
    })),
  );
  return { version: 1, caption: scene.caption, negative: "", instances };
}

/** A layer as a picture with straight alpha, 8 bits a channel. */
function layerRaster({ width, height, data }: Layer): Raster {
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
