import { random } from "../../../lib/core/random.ts";
import type { SceneData } from "../../../lib/scene_data/scene_data.ts";
import type { PocketWorld } from "../objects/pocket_world.ts";
import { sceneData } from "./scene_data.ts";
import { drawStudioScene, type StudioScene } from "./studio_scene.ts";

/** One scene of held-out objects, with both kinds of reference to the same picture. */
export interface HeldOutScene {
  /** The scene with its true picture, whose scores are the ceiling. */
  readonly truth: StudioScene;
  /** With references on grounds of their own. */
  readonly withBackground: SceneData;
  /** With references cut out. */
  readonly cutOut: SceneData;
}

/**
 * Draws scenes of held-out objects, the same for the same seed. Every object that a caption names has
 * a box, so that a detector finds nothing but what a scene lists.
 */
export async function heldOutScenes(
  world: PocketWorld,
  options: { seed: number; scenes: number },
): Promise<HeldOutScene[]> {
  const drawn: HeldOutScene[] = [];
  for (let i = 0; i < options.scenes; i++) {
    const draw = (is: boolean) =>
      drawStudioScene(world, random(options.seed, "ablation", i), {
        ...{ split: "heldOut", captionObjects: false, is },
      });
    const truth = draw(true);
    drawn.push({
      truth,
      withBackground: await sceneData(draw(false), "none"),
      cutOut: await sceneData(truth, "alpha"),
    });
  }
  return drawn;
}
