import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { resizeAreas } from "../../../lib/masks/resize_areas.ts";

Deno.test("a plane that shrinks to a half weighs each sample by the triangle around the centre", () => {
  const plane = { height: 1, width: 4, data: Float32Array.of(0, 1, 0, 0) };
  // weights 3/4, 3/4, 1/4 of the first, whose triangle reaches over the edge
  const [first, second] = resizeAreas(plane, { height: 1, width: 2 });
  assert(Math.abs(first! - 3 / 7) < 1e-6);
  assert(Math.abs(second! - 1 / 7) < 1e-6);
});

Deno.test("a plane at its own size, and a constant at any size, stay as they are", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 9 }),
    fc.integer({ min: 1, max: 9 }),
    fc.integer({ min: 1, max: 9 }),
    (height, width, side) => {
      const data = Float32Array.from(
        { length: height * width },
        (_, i) => i % 5,
      );
      const size = { height, width };
      assertEquals(resizeAreas({ ...size, data }, size), data);
      const even = resizeAreas({ ...size, data: data.map(() => 0.5) }, {
        height: side,
        width: side,
      });
      assert(even.every((value) => Math.abs(value - 0.5) < 1e-6));
    },
  ));
});
