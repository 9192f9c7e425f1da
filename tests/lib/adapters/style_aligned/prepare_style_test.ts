import { assert, assertEquals, assertRejects } from "@std/assert";
import { LocRefError } from "../../../../lib/core/error.ts";
import { LocRef } from "../../../../lib/model/locref.ts";
import { scene } from "../../../../lib/scene/begin_scene.ts";
import { pixelsOf, reference } from "../random_adapter.ts";
import { smallBase } from "../small_base.ts";

// one for all tests, since compiling takes most of their time
const model = await LocRef.load(smallBase, {
  ...{ adapter: "style-aligned", backend: "onnx" },
});
const plain = await LocRef.load(smallBase, { backend: "onnx" });
Deno.test.afterAll(async () => {
  await model.dispose();
  await plain.dispose();
});

const flat = "a train, flat illustration";

function differs(a: Uint8Array, b: Uint8Array): boolean {
  return a.some((value, i) => value !== b[i]);
}

/** Greatest difference of two pictures. */
function distance(a: Uint8Array, b: Uint8Array): number {
  return a.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - b[i]!)),
    0,
  );
}

Deno.test("a picture of the style's own caption and seed is the plain one, and others take its style", async () => {
  const own = scene(64, 64).caption(flat);
  // two evaluations a step
  const options = { sampler: "heun", seed: 7 };
  const made = await pixelsOf(own.style(flat, { seed: 7 }), model, options);
  assert(distance(made, await pixelsOf(own, plain, options)) <= 1);
  const other = scene(64, 64).caption("a cat, flat illustration");
  const styled = await pixelsOf(other.style(flat), model);
  assert(differs(styled, await pixelsOf(other, plain)));
  assertEquals(await pixelsOf(other.style(flat), model), styled);
});

Deno.test("a style comes from a photograph, and guidance in a part of the steps goes together with it", async () => {
  const cat = scene(64, 64).caption("a cat");
  const photo = cat.style("a drawing", { image: reference });
  const one = await pixelsOf(photo, model);
  assert(differs(one, await pixelsOf(cat.style("a drawing"), model)));
  const half = await pixelsOf(photo, model, { guidanceInterval: [0, 0.5] });
  assert(differs(one, half));
  assert(differs(one, await pixelsOf(photo, model, { guidance: 1 })));
  // a photograph's keys count twice, those of a picture that was made once
  const shifted = async (shift: number, given = photo) =>
    await pixelsOf(given, model, {
      methods: { "style-aligned": { shift } },
    });
  assertEquals(await shifted(Math.log(2)), one);
  assert(differs(await shifted(0), one));
  const made = cat.style("a drawing");
  assertEquals(await shifted(0, made), await pixelsOf(made, model));
});

Deno.test("group norms share their statistics with the style, on deep features too", async () => {
  const methods = { "style-aligned": { groupNorm: true } };
  const own = scene(64, 64).caption(flat);
  // a picture of the style's own caption and seed has the style's statistics
  const made = await pixelsOf(own.style(flat, { seed: 7 }), model, {
    ...{ seed: 7, methods },
  });
  assert(distance(made, await pixelsOf(own, plain, { seed: 7 })) <= 1);
  const other = scene(64, 64).caption("a cat, flat illustration").style(flat);
  for (const deepEvery of [1, 2]) {
    const shared = await pixelsOf(other, model, { deepEvery, methods });
    assert(differs(shared, await pixelsOf(other, model, { deepEvery })));
  }
});

Deno.test("a scene without a style, and a style without its adapter, are refused", async () => {
  await assertRejects(
    () => pixelsOf(scene(64, 64).caption("a cat"), model),
    LocRefError,
    "needs: give it with style(caption)",
  );
  await assertRejects(
    () => pixelsOf(scene(64, 64).caption("a cat").style(flat), plain),
    LocRefError,
    '{ adapter: "style-aligned" }',
  );
});

Deno.test("a style is part of a scene's JSON, of its provenance, and of what it makes again", async () => {
  const given = scene(64, 64).caption("a cat")
    .style("a drawing", { image: reference });
  assertEquals(given.toJSON().style, {
    caption: "a drawing",
    image: reference,
  });
  const picture = await given.generate({ model, steps: 2, seed: 1 });
  const png = await picture.encode({ provenance: "full" });
  const { scene: again, options } = await scene.fromImage(png, { root: false });
  const other = await again.generate({ ...options, model });
  assertEquals(other.data, picture.data);
  assertEquals(
    Object.keys(picture.provenance.sceneFiles ?? {}),
    ["style.image"],
  );
});

Deno.test("perturbed attention leaves the style's keys aside, where every place attends to itself alone", async () => {
  const own = scene(64, 64).caption(flat);
  for (const blocks of [undefined, ["mid_block", "up_blocks", "down_blocks"]]) {
    // the style itself is made without it, so that one step is the same
    const options = { seed: 7, steps: 1, pag: { scale: 1, blocks } };
    const made = await pixelsOf(own.style(flat, { seed: 7 }), model, options);
    const alone = await pixelsOf(own, plain, options);
    assert(distance(made, alone) <= 1);
    assert(differs(alone, await pixelsOf(own, plain, { seed: 7, steps: 1 })));
  }
});
