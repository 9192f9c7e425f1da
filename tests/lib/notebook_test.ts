import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { blankRaster } from "../../lib/images/raster.ts";
import { gallery } from "../../lib/notebook/gallery.ts";
import { pngMedia } from "../../lib/images/media.ts";
import { shown, table } from "../../lib/notebook/shown.ts";
import { showSteps } from "../../lib/notebook/show_steps.ts";
import type { GenerationStep } from "../../lib/pipeline/generation_step.ts";
import { Picture } from "../../lib/pipeline/picture.ts";
import type { Provenance } from "../../lib/pipeline/provenance/provenance.ts";

const provenance = {
  scene: { instances: [] },
  model: { name: "pocket", files: {} },
} as unknown as Provenance;

function display(of: object): unknown {
  const shows = of as Record<symbol, () => unknown>;
  return shows[Symbol.for("Jupyter.display")]!();
}

Deno.test("a table shades its numbers and escapes its texts", () => {
  const rows = [{ name: "<b>", score: 0.25 }, {
    name: "c",
    score: 1,
    more: undefined,
  }];
  const { media } = table(rows, { digits: 2, shade: true });
  assertEquals(media["text/plain"], "name\tscore\tmore\n<b>\t0.25\t\nc\t1\t");
  assertMatch(media["text/html"]!, /<td>&lt;b&gt;<\/td><td>0.25<\/td>/);
  assertMatch(media["text/html"]!, /<td style="[^"]+0.80\)">1<\/td>/);
  assertEquals(display(shown({ "text/html": "x" })), { "text/html": "x" });
});

Deno.test("small pictures are shown enlarged, large ones as they are", () => {
  assertMatch(pngMedia(new Uint8Array(3), 64)["text/html"]!, /height="256"/);
  assertEquals(Object.keys(pngMedia(new Uint8Array(3), 512)), ["image/png"]);
});

Deno.test("a gallery shows pictures of any size in rows", async () => {
  const pictures = {
    a: blankRaster(8, 8),
    b: blankRaster(16, 8),
    c: blankRaster(8, 8),
  };
  const sheet = await gallery(pictures, { columns: 2, height: 100 }).sheet();
  assert(sheet.width > 300 && sheet.height > 200);
  const media = await display(gallery(pictures)) as object;
  assertEquals(Object.keys(media), ["image/jpeg"]);
});

Deno.test("steps are shown in one output that is updated in place", async () => {
  const picture = () =>
    new Picture(blankRaster(4, 4, [255, 0, 0, 255]), provenance);
  async function* steps(): AsyncGenerator<GenerationStep, Picture> {
    for (let step = 1; step <= 4; step++) {
      yield await Promise.resolve({
        step,
        total: 4,
        of: 4,
        timestep: 0,
        preview: () => Promise.resolve(picture()),
      });
    }
    return picture();
  }
  const sent: [string, Record<string, unknown>][] = [];
  const result = await showSteps(steps(), {
    every: 2,
    broadcast: (type, content) =>
      Promise.resolve(void sent.push([type, content])),
  });
  assertEquals(result.width, 4);
  assertEquals(sent.map(([type]) => type), [
    "display_data",
    ...Array(5).fill("update_display_data"),
  ]);
  assertEquals(
    new Set(sent.map(([, { transient }]) => JSON.stringify(transient))).size,
    1,
  );
  const html = (i: number) =>
    (sent[i]![1].data as Record<string, string>)["text/html"]!;
  assert(!html(1).includes("<img") && html(2).includes("<img"));
  assertMatch(html(3), /step 3 of 4/);
  await assertRejects(() => showSteps(steps()), TypeError, "notebook");
});
