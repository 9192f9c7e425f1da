import { box } from "../lib/scene_data/box.ts";
import { scene } from "../lib/scene/begin_scene.ts";
import type { Scene } from "../lib/scene/scene.ts";

/** The scene of the pocket measurements: two references, as `scene.json` has it. */
export function benchScene(): Scene {
  return scene(512, 512)
    .caption("a basketball and a backpack on a blue background")
    .place("examples/assets/basketball.png", box.xyxy(30, 60, 240, 270))
    .place("examples/assets/backpack.png", box.xyxy(250, 200, 490, 480));
}
