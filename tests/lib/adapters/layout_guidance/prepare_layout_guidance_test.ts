import { assert, assertEquals, assertRejects } from "@std/assert";
import { LocRefError } from "../../../../lib/core/error.ts";
import { scene } from "../../../../lib/scene/begin_scene.ts";
import { box } from "../../../../lib/scene_data/box.ts";
import { LocRef } from "../../../../lib/model/locref.ts";
import { pixelsOf, reference, twoObjects } from "../random_adapter.ts";
import { smallBase } from "../small_base.ts";

// one for all tests, since compiling takes most of their time
const model = await LocRef.load(smallBase, {
  ...{ adapter: "layout-guidance", backend: "onnx" },
});
const plain = await LocRef.load(smallBase, { backend: "onnx" });
Deno.test.afterAll(async () => {
  await model.dispose();
  await plain.dispose();
});

Deno.test("layout guidance runs from a scene, and without moves it is the plain model", async () => {
  const made = twoObjects(["cat", "dog"]);
  const guided = await pixelsOf(made, model);
  assertEquals(await pixelsOf(made, model), guided);
  const still = await pixelsOf(made, model, {
    methods: { "layout-guidance": { steps: 0 } },
  });
  assertEquals(still, await pixelsOf(twoObjects([]), plain));
  assert(guided.some((value, i) => value !== still[i]));
});

Deno.test("settings of an adapter that is not loaded are refused, naming both", async () => {
  const made = twoObjects(["cat", "dog"]);
  await assertRejects(
    () => pixelsOf(made, model, { methods: { gligen: { beta: 0.5 } } }),
    TypeError,
    "Option methods.gligen",
  );
  await assertRejects(
    () => pixelsOf(made, model, { methods: { "layout-guidence": {} } }),
    TypeError,
    'did you mean "layout-guidance"?',
  );
  await assertRejects(
    () =>
      LocRef.load(smallBase, { adapter: "layout-guidence", backend: "onnx" }),
    LocRefError,
    'did you mean "layout-guidance"?',
  );
});

Deno.test("a box that is smaller than a cell has no attention in it, and moves nothing", async () => {
  const tiny = scene(64, 64).caption("a cat")
    .place(reference, box.fraction(0.01, 0.01, 0.03, 0.03), { caption: "cat" });
  const still = await pixelsOf(scene(64, 64).caption("a cat"), plain);
  const made = await pixelsOf(tiny, model);
  // latents are scaled to the method's and back, which rounds
  const most = made.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - still[i]!)),
    0,
  );
  assert(most <= 1, `${most} levels apart`);
});
