import { assertEquals } from "@std/assert";
import { pocketObjects } from "../../../../train/pocket/objects/objects.ts";
import {
  loadPocketWorld,
  splitOf,
} from "../../../../train/pocket/objects/pocket_world.ts";

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
