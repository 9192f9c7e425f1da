import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { blankRaster } from "../../../lib/images/raster.ts";
import { drawDropout } from "../../../train/locref/scene_data.ts";
import {
  drawView,
  plainView,
  seeBox,
  seeRaster,
} from "../../../train/locref/view.ts";
import { random } from "../../../lib/core/random.ts";

Deno.test("the plain view is the centre square, and boxes are clipped to it", () => {
  const size = { width: 200, height: 100 };
  const { box, left } = seeBox([0.125, 0.2, 0.5, 0.7], size, plainView);
  assertAlmostEquals(box.x0, 0, 1e-12);
  assertAlmostEquals(box.x1, 0.5, 1e-12);
  assertAlmostEquals(box.y0, 0.2, 1e-12);
  assertAlmostEquals(box.y1, 0.7, 1e-12);
  assertAlmostEquals(left, 2 / 3, 1e-9);
  assertEquals(seeBox([0, 0, 0.2, 1], size, plainView).left, 0);
});

Deno.test("no corner of a turned view leaves the picture", () => {
  fc.assert(fc.property(
    fc.integer({ min: 20, max: 300 }),
    fc.integer({ min: 20, max: 300 }),
    fc.nat(),
    (width, height, seed) => {
      const view = drawView(random(seed), { flip: 0.5, rotation: 10 });
      // the whole picture, seen: the view must lie within it on all sides
      const { box } = seeBox([0, 0, 1, 1], { width, height }, view);
      assert(Math.abs(view.angle) <= 10 * Math.PI / 180);
      for (const edge of [box.x0, box.y0]) assertAlmostEquals(edge, 0, 1e-9);
      for (const edge of [box.x1, box.y1]) assertAlmostEquals(edge, 1, 1e-9);
    },
  ));
});

Deno.test("boxes move along with what is in them", async () => {
  const width = 160, height = 120;
  const raster = blankRaster(width, height, [0, 0, 0, 255]);
  const [x0, y0, x1, y1] = [70, 40, 90, 70];
  for (let y = y0; y < y1; y++) {
    for (let x = x0; x < x1; x++) {
      raster.data.set([255, 255, 255, 255], 4 * (y * width + x));
    }
  }
  const box = [x0 / width, y0 / height, x1 / width, y1 / height] as const;
  for (let seed = 0; seed < 8; seed++) {
    const view = drawView(random(seed), { flip: 0.5, rotation: 10 });
    const side = 96;
    const seen = await seeRaster(raster, view, side);
    const moved = seeBox(box, raster, view).box;
    const lit = [...Array(side * side).keys()].filter((i) =>
      seen.data[4 * i]! > 127
    );
    const columns = lit.map((i) => i % side + 0.5);
    const rows = lit.map((i) => Math.floor(i / side) + 0.5);
    assertAlmostEquals(Math.min(...columns) / side, moved.x0, 0.03);
    assertAlmostEquals(Math.max(...columns) / side, moved.x1, 0.03);
    assertAlmostEquals(Math.min(...rows) / side, moved.y0, 0.03);
    assertAlmostEquals(Math.max(...rows) / side, moved.y1, 0.03);
  }
});

Deno.test("conditions are dropped with their own probabilities", () => {
  const counts = { image: 0, text: 0, both: 0 };
  const draws = 20_000;
  for (let i = 0; i < draws; i++) {
    const { dropImages, dropText } = drawDropout(random("dropout", i), {
      image: 0.05,
      text: 0.05,
      both: 0.05,
    });
    if (dropImages && dropText) counts.both++;
    else if (dropImages) counts.image++;
    else if (dropText) counts.text++;
  }
  for (const count of Object.values(counts)) {
    assertAlmostEquals(count / draws, 0.05, 0.006);
  }
});
