import { assert, assertEquals, assertRejects } from "@std/assert";
import { LocRefError } from "../../../../lib/core/error.ts";
import { LocRef } from "../../../../lib/model/locref.ts";
import { pixelsOf, twoObjects } from "../random_adapter.ts";
import { smallBase } from "../small_base.ts";

// one for all tests, since compiling takes most of their time
const model = await LocRef.load(smallBase, {
  ...{ adapter: "bounded-attention", backend: "onnx" },
});
Deno.test.afterAll(async () => {
  await model.dispose();
});

function differs(a: Uint8Array, b: Uint8Array): boolean {
  return a.some((value, i) => value !== b[i]);
}

Deno.test("Bounded Attention runs from a scene: masks alone, and with moves of the latents", async () => {
  const made = twoObjects(["cat", "dog"]);
  const guided = await pixelsOf(made, model);
  assertEquals(await pixelsOf(made, model), guided);
  const masks = { methods: { "bounded-attention": { steps: 0 } } };
  const masked = await pixelsOf(made, model, masks);
  assert(differs(guided, masked));
  const swapped = await pixelsOf(twoObjects(["dog", "cat"]), model, masks);
  assert(differs(masked, swapped));
  const euler = await pixelsOf(made, model, { sampler: "euler" });
  const still = await pixelsOf(made, model, { sampler: "euler", ...masks });
  assert(differs(euler, still));
});

Deno.test("Bounded Attention finds instances by words of the caption", async () => {
  await assertRejects(
    () => pixelsOf(twoObjects(["cat", "horse"]), model),
    LocRefError,
    'has the caption "horse", which the scene',
  );
  await assertRejects(
    () =>
      pixelsOf(twoObjects(["cat", "dog"]), model, { captionWeights: "a1111" }),
    LocRefError,
    'Option captionWeights is "a1111", and Bounded Attention',
  );
});

Deno.test("Bounded Attention is refused beside what changes the same attention, by both names", async () => {
  await assertRejects(
    () =>
      LocRef.load(smallBase, {
        adapter: ["bounded-attention", "style-aligned"],
        backend: "onnx",
      }),
    LocRefError,
    'Adapters "bounded-attention" (bounded-attention) and "style-aligned"',
  );
});
