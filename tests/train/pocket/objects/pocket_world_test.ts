import { assert, assertEquals } from "@std/assert";
import { pocketObjects } from "../../../../train/pocket/objects/objects.ts";
import {
  loadPocketWorld,
  splitOf,
} from "../../../../train/pocket/objects/pocket_world.ts";
import { heldOutScenes } from "../../../../train/pocket/studio/held_out_scenes.ts";

Deno.test("every twentieth object by hexcode is held out", async () => {
  const objects = await pocketObjects();
  assertEquals(
    objects.map(({ hexcode }) => hexcode),
    objects.map(({ hexcode }) => hexcode).sort(),
  );
  const held = objects.flatMap(({ heldOut }, i) => heldOut ? [i] : []);
  assertEquals(held, held.map((_, i) => 20 * i + 19));
});

Deno.test("each object is in one split, and has a picture of the requested side", async () => {
  const world = await loadPocketWorld(24);
  const training = splitOf(world, "training");
  const heldOut = splitOf(world, "heldOut");
  assertEquals(
    [...training, ...heldOut].sort((a, b) => a - b),
    splitOf(world, "all"),
  );
  assertEquals(world.sprites.length, world.objects.length);
  const sides = world.sprites.map(({ width, height }) =>
    Math.max(width, height)
  );
  assertEquals(Math.max(...sides), 24);
});

Deno.test("a world is read once, and one of held-out objects draws their scenes as the whole does", async () => {
  const whole = await loadPocketWorld(24);
  assert(await loadPocketWorld(24, "all") === whole);
  const heldOut = await loadPocketWorld(24, "heldOut");
  assert(heldOut.objects.every((one) => one.heldOut));
  assertEquals(heldOut.sprites.length, splitOf(whole, "heldOut").length);
  const [own, expected] = await Promise.all(
    [heldOut, whole].map((world) =>
      heldOutScenes(world, { seed: 5, scenes: 3 })
    ),
  );
  for (const [i, { truth, cutOut, withBackground }] of own!.entries()) {
    assertEquals(truth.picture, expected![i]!.truth.picture);
    assertEquals(cutOut, expected![i]!.cutOut);
    assertEquals(withBackground, expected![i]!.withBackground);
  }
});
