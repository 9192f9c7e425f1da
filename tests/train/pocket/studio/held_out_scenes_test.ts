import { assert, assertEquals } from "@std/assert";
import { random } from "../../../../lib/core/random.ts";
import { decodeImage } from "../../../../lib/images/decode.ts";
import { smallWorld } from "../small_world.ts";
import { heldOutScenes } from "../../../../train/pocket/studio/held_out_scenes.ts";
import { outlineStudioScene } from "../../../../train/pocket/studio/scene_plan.ts";

const world = await smallWorld(64);
const scenes = await heldOutScenes(world, { seed: 3, scenes: 12 });

/** Least alpha of a reference. */
async function leastAlpha(reference: unknown): Promise<number> {
  const { data } = await decodeImage(reference as string, { name: "it" });
  return data.filter((_, i) => i % 4 === 3).reduce((a, b) => Math.min(a, b));
}

Deno.test("both kinds of reference stand in the same boxes under the same caption", async () => {
  for (const { truth, cutOut, withBackground } of scenes) {
    assertEquals(cutOut.caption, withBackground.caption);
    assertEquals(
      cutOut.instances.map(({ box, z }) => [box, z]),
      truth.objects.map(({ box, z }) => [box, z]),
    );
    assertEquals(
      withBackground.instances.map(({ box, z }) => [box, z]),
      truth.objects.map(({ box, z }) => [box, z]),
    );
  }
  const [{ cutOut, withBackground }] = scenes as [typeof scenes[number]];
  assertEquals(await leastAlpha(cutOut.instances[0]!.reference), 0);
  assertEquals(await leastAlpha(withBackground.instances[0]!.reference), 255);
});

Deno.test("scenes show held-out objects alone, and each has a box", () => {
  for (const { truth, cutOut } of scenes) {
    assert(truth.objects.every(({ index }) => world.objects[index]!.heldOut));
    assertEquals(truth.captionObjects, []);
    assertEquals(cutOut.instances.length, truth.objects.length);
  }
});

Deno.test("a scene without objects of the caption is otherwise the same", () => {
  const outline = (i: number, captionObjects: boolean) =>
    outlineStudioScene(world, random("with and without", i), {
      captionObjects,
    });
  const all = Array.from({ length: 30 }, (_, i) => outline(i, true));
  assert(all.some(({ captionObjects }) => captionObjects.length > 0));
  for (const [i, { objects, ground }] of all.entries()) {
    const without = outline(i, false);
    assertEquals(without.objects, objects);
    assertEquals(without.ground, ground);
    assertEquals(without.captionObjects, []);
  }
});
