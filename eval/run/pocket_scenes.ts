import { rasterFromPlanes } from "../../lib/images/raster.ts";
import { loadPocketWorld } from "../../train/pocket/objects/pocket_world.ts";
import { heldOutScenes } from "../../train/pocket/studio/held_out_scenes.ts";
import { studioSprites } from "../../train/pocket/studio/studio_scene.ts";
import { silhouettes } from "../controls/controls.ts";
import type { OpenScenesOptions, SceneSource } from "./scene_source.ts";

/**
 * Compositions of objects that the pocket model never saw; classes are the objects' subgroups. They
 * are the same for every model, which makes pictures at its own size.
 */
export async function pocketScenes(
  { count, seed }: Pick<OpenScenesOptions, "count" | "seed">,
): Promise<SceneSource> {
  const world = await loadPocketWorld(studioSprites, "heldOut");
  const drawn = await heldOutScenes(world, { seed, scenes: count });
  const keys = drawn.map((_, i) => `pocket-${String(i).padStart(4, "0")}`);
  return {
    keys,
    closed: true,
    read: (index) => {
      const { truth, cutOut, withBackground } = drawn[index]!;
      const { picture, size: { width, height } } = truth;
      const objects = truth.objects.map(({ index }) => world.objects[index]!);
      return Promise.resolve({
        ...{ key: keys[index]!, cutOut, withBackground },
        categories: objects.map(({ subgroup }) => subgroup),
        phrases: objects.map(({ name }) => name),
        truth: rasterFromPlanes(picture, width, height),
        silhouettes: rasterFromPlanes(silhouettes(truth), width, height),
      });
    },
  };
}
