import { assertEquals, assertRejects } from "@std/assert";
import { best, LocRef, scene } from "../../../mod.ts";
import { box } from "../../../lib/scene_data/box.ts";

const model = await LocRef.load("pocket", { backend: "onnx" });
const one = scene(64).caption("a star on a blue background")
  .place("examples/assets/star.png", box.percent(10, 10, 60, 60));

Deno.test("best is what generate with keep makes", async () => {
  const options = { model, n: 2, steps: 2 };
  const picture = await best(one, options);
  const same = await one.generate({ ...options, keep: "best" });
  assertEquals(picture.data, same.data);
  assertEquals(picture.provenance.choice, same.provenance.choice);
});

Deno.test("best of one picture scores it", async () => {
  const picture = await best(one, { model, steps: 1 });
  assertEquals(picture.provenance.choice?.pictures, 1);
  assertEquals(picture.scores?.instances.length, 1);
});

Deno.test("best refuses what is no scene, and unknown options by its own name", async () => {
  await assertRejects(
    () => best(one.toJSON() as never),
    TypeError,
    "Scene of best must be a scene",
  );
  await assertRejects(
    () => best(one, { model, cnt: 3 } as never),
    TypeError,
    'Option "cnt" of best is not known',
  );
});
