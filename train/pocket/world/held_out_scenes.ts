import type { SceneData } from "../../../lib/scene_data/scene_data.ts";
import { random } from "../../../lib/core/random.ts";
import { sceneData } from "./scene_data.ts";
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
