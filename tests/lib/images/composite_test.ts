import { assertEquals } from "@std/assert";
import { compositeImage } from "../../../lib/images/composite.ts";
import { blankRaster } from "../../../lib/images/raster.ts";
import type { Fit } from "../../../lib/images/resize.ts";
import { box } from "../../../lib/scene_data/box.ts";
import { scene } from "../../../lib/scene/begin_scene.ts";

/** A picture of 8 × 4: left half red, right half blue. */
function wide() {
  const raster = blankRaster(8, 4, [255, 0, 0, 255]);
  for (let i = 0; i < 32; i++) {
    if (i % 8 >= 4) raster.data.set([0, 0, 255, 255], i * 4);
  }
  return raster;
}

/** Colours along the middle column and the middle row of a canvas of 8 × 8. */
async function cross(fit?: Fit) {
  const whole = { x0: 0, y0: 0, x1: 1, y1: 1 };
  const size = { width: 8, height: 8 };
  const { data } = await compositeImage(size, [
    { raster: wide(), box: whole, fit },
  ]);
  const at = (x: number, y: number) => {
    const [red, , blue] = data.subarray((y * 8 + x) * 4);
    return red! > 200 ? "r" : blue! > 200 ? "b" : ".";
  };
  const line = (make: (i: number) => string) =>
    Array.from({ length: 8 }, (_, i) => make(i)).join("");
  return {
    column: line((y) => at(1, y)),
    left: at(0, 4),
    right: at(7, 4),
  };
}

Deno.test("a picture of another shape is stretched over its box, unless it says otherwise", async () => {
  assertEquals(await cross(), { column: "rrrrrrrr", left: "r", right: "b" });
  assertEquals(await cross("stretch"), await cross());
});

Deno.test("fit contain keeps a picture whole, on black above and below", async () => {
  assertEquals(await cross("contain"), {
    column: "..rrrr..",
    left: "r",
    right: "b",
  });
});

Deno.test("fit cover fills the box and cuts off both ends", async () => {
  const { column, left, right } = await cross("cover");
  assertEquals([column, left, right], ["rrrrrrrr", "r", "b"]);
});

Deno.test("the fit of an instance stands in its scene's JSON and acts in the composite image", async () => {
  const begin = scene(64, 64).caption("a star");
  const place = (fit?: Fit) =>
    begin.place(wide(), box.xyxy(0, 0, 64, 64), { fit, cutout: "none" });
  assertEquals(Object.hasOwn(place().toJSON().instances[0]!, "fit"), false);
  const contained = place("contain");
  assertEquals(contained.toJSON().instances[0]!.fit, "contain");
  assertEquals(scene.from(contained.toJSON()).toJSON(), contained.toJSON());
  const corner = async (one: typeof contained) =>
    (await one.preview()).composite.data[0];
  assertEquals(await corner(contained), 0);
  assertEquals(await corner(place()), 255);
  const stretched = async (one: typeof contained) =>
    (await one.change(0, { box: box.xyxy(0, 0, 16, 64) }).preview()).warnings
      .filter((warning) => warning.includes("stretched")).length;
  assertEquals(await stretched(contained), 0);
  assertEquals(await stretched(place()), 1);
});
