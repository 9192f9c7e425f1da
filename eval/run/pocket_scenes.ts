import { rasterFromPlanes } from "../../lib/images/raster.ts";
import { heldOutScenes } from "../../train/pocket/world/held_out_scenes.ts";
import { loadPocketWorld } from "../../train/pocket/world/scenes.ts";
import type { OpenScenesOptions, SceneSource } from "./scene_source.ts";

/** Compositions of objects that the pocket model never saw; classes are the objects' subgroups. */
export async function pocketScenes(
  { count, seed }: Pick<OpenScenesOptions, "count" | "seed">,
): Promise<SceneSource> {
  const world = await loadPocketWorld();
  const drawn = await heldOutScenes(world, { seed, scenes: count });
  const keys = drawn.map((_, i) => `pocket-${String(i).padStart(4, "0")}`);
  return {
    keys,
    read: (index) => {
      const { truth, cutOut, withBackground } = drawn[index]!;
      const side = Math.sqrt(truth.picture.length / 3);
      return Promise.resolve({
        key: keys[index]!,
        cutOut,
        withBackground,
        categories: truth.objects.map((one) =>
          world.objects[one.index]!.subgroup
        ),
        phrases: truth.objects.map((one) => world.objects[one.index]!.name),
        truth: rasterFromPlanes(truth.picture, side, side),
      });
    },
  };
}
