import { assertEquals, assertRejects } from "@std/assert";
import { scene } from "../../../../mod.ts";
import { blankRaster } from "../../../../lib/images/raster.ts";
import { box } from "../../../../lib/scene_data/box.ts";

const photo = blankRaster(64, 64, [90, 120, 60, 255]);
const star = blankRaster(8, 8, [220, 20, 20, 255]);
const made = scene(64, 64).caption("a star on grass")
  .place(star, box.percent(10, 10, 50, 50));

Deno.test("a preview takes the edits of a run, and shows them as the scene's own", async () => {
  const own = [
    made.init(photo, { strength: 0.4 }),
    made.inpaint(photo, { instance: 0 }),
    made.control("org/depth", photo, { scale: 0.5 }),
  ];
  const given = [
    { init: { image: photo, strength: 0.4 } },
    { inpaint: { image: photo, instance: 0 } },
    { controls: [{ model: "org/depth", image: photo, scale: 0.5 }] },
  ];
  for (const [i, edits] of given.entries()) {
    const expected = await own[i]!.preview();
    const found = await made.preview(edits);
    assertEquals(
      found.edits.map(({ title }) => title),
      expected.edits.map(({ title }) => title),
    );
    assertEquals(found.edits.length > 0, true);
    assertEquals(await found.encode(), await expected.encode());
  }
});

Deno.test("edits of a preview are checked as those of a run", async () => {
  await assertRejects(
    () => made.preview({ inpaint: { image: photo, maks: photo } as never }),
    TypeError,
    '"mask"?',
  );
  await assertRejects(
    () => made.preview({ inti: { image: photo } } as never),
    TypeError,
    'did you mean "init"?',
  );
});
