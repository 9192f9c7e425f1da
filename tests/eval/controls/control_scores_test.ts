import { assertAlmostEquals, assertEquals } from "@std/assert";
import { controlRow } from "../../../eval/controls/control_row.ts";
import {
  overSeeds,
  type SceneScores,
} from "../../../eval/controls/control_scores.ts";

function sceneOf(object: number, ssim: number): SceneScores {
  const error = { sum: 1 - ssim, count: 1 };
  const one = { object, error, ssim, edges: [ssim, 1], colour: 0 } as const;
  return { error, ssim, objects: [one] };
}

Deno.test("pictures of several noise seeds count as one scene, with all of their objects", () => {
  const seeds = [[sceneOf(1, 0.9), sceneOf(2, 0.5)], [
    sceneOf(1, 0.7),
    sceneOf(2, 0.1),
  ]];
  const scenes = overSeeds(seeds);
  assertEquals(scenes.map(({ objects }) => objects.length), [2, 2]);
  assertAlmostEquals(scenes[0]!.ssim, 0.8);
  assertAlmostEquals(scenes[1]!.error.sum / scenes[1]!.error.count, 0.7);
  assertAlmostEquals(controlRow("a", scenes).ssimInside.value, 0.55);
});
