import { assertAlmostEquals } from "@std/assert";
import { controlScenes } from "../../../eval/controls/control_scene.ts";
import { detectedPrecisions } from "../../../eval/controls/detections.ts";
import type { Detector } from "../../../lib/pipeline/options/rulers.ts";

Deno.test("a detector that finds every object has a precision of 1, those of captions too", async () => {
  const { world, scenes } = await controlScenes({
    seed: 2,
    count: 12,
    sizes: [{ width: 64, height: 64 }],
  });
  const classes = [...new Set(world.objects.map(({ subgroup }) => subgroup))];
  const detectorOf = (named: boolean): Detector => {
    let at = 0;
    return {
      classes,
      detect: () => {
        const { objects, captionObjects } = scenes[at++]!;
        const found = named ? [...objects, ...captionObjects] : objects;
        return Promise.resolve([found.map(({ index, box }) => ({
          box: [box.x0, box.y0, box.x1, box.y1] as const,
          category: classes.indexOf(world.objects[index]!.subgroup),
          score: 0.9,
        }))]);
      },
      dispose: () => Promise.resolve(),
    };
  };
  const pictures = scenes.map(({ picture }) => picture);
  const precision = async (named: boolean) => {
    const detector = detectorOf(named);
    return await detectedPrecisions([pictures], scenes, { detector, world });
  };
  const [map, map50] = await precision(true);
  assertAlmostEquals(map.value, 1, 1e-6);
  assertAlmostEquals(map50.value, 1, 1e-6);
  const [without] = await precision(false);
  const missing = scenes.some(({ captionObjects }) =>
    captionObjects.length > 0
  );
  assertAlmostEquals(Number(without.value < 1), Number(missing));
});
