import { assert, assertEquals } from "@std/assert";
import { pocketObjects } from "../../../../train/pocket/world/objects.ts";
import {
  drawScene,
  loadPocketWorld,
  splitOf,
} from "../../../../train/pocket/world/scenes.ts";
import { random } from "../../../../lib/core/random.ts";

const world = await loadPocketWorld();

Deno.test("every twentieth object by hexcode is held out", async () => {
  const objects = await pocketObjects();
  assertEquals(
    objects.map(({ hexcode }) => hexcode),
    objects.map(({ hexcode }) => hexcode).sort(),
  );
  const held = objects.flatMap(({ heldOut }, i) => heldOut ? [i] : []);
  assertEquals(held, held.map((_, i) => 20 * i + 19));
});

Deno.test("training scenes never show a held-out object and held-out scenes no other", () => {
  for (let i = 0; i < 40; i++) {
    for (const split of ["training", "heldOut"] as const) {
      const scene = drawScene(world, random(5, split, i), { split });
      for (const { index } of scene.objects) {
        assertEquals(world.objects[index]!.heldOut, split === "heldOut");
      }
    }
  }
  assertEquals(
    splitOf(world, "training").length + splitOf(world, "heldOut").length,
    world.objects.length,
  );
});

Deno.test("the same stream draws the same scene", () => {
  const draw = () => drawScene(world, random(1, "scene", 3));
  assertEquals(draw().picture, draw().picture);
  assertEquals(draw().caption, draw().caption);
});

Deno.test("with and without surroundings the picture and its boxes are the same", () => {
  const cut = drawScene(world, random(2, "scene"), { is: true });
  const whole = drawScene(world, random(2, "scene"), { is: false });
  assertEquals(cut.picture, whole.picture);
  assertEquals(
    cut.objects.map(({ box }) => box),
    whole.objects.map(({ box }) => box),
  );
  assert(cut.composite.join() !== whole.composite.join());
});

Deno.test("boxes lie inside the picture and every value is a colour", () => {
  for (let i = 0; i < 30; i++) {
    const scene = drawScene(world, random(3, i));
    assert(scene.objects.length >= 1 && scene.objects.length <= 4);
    for (const { box: { x0, y0, x1, y1 } } of scene.objects) {
      assert(0 <= x0 && x0 < x1 && x1 <= 1 && 0 <= y0 && y0 < y1 && y1 <= 1);
    }
    assert(scene.picture.every((value) => value >= 0 && value <= 1.0001));
  }
});
