import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { LocRefError } from "../../../../lib/core/error.ts";
import {
  distanceTo,
  growMask,
  latentMask,
  paintAround,
  paintBoxes,
  paintMask,
} from "../../../../lib/images/editing/paint_mask.ts";
import { blankRaster } from "../../../../lib/images/raster.ts";

Deno.test("white is painted, black and transparent are kept", () => {
  const raster = blankRaster(3, 1, [255, 255, 255, 255]);
  raster.data.set([0, 0, 0, 255, 255, 255, 255, 0]);
  assertEquals([...paintMask(raster, "Mask").data], [0, 0, 1]);
});

Deno.test("a mask that marks nothing or everything is refused", () => {
  for (
    const [colour, message] of [
      [[0, 0, 0, 255], 'Mask "m.png" is empty'],
      [[255, 255, 255, 255], 'Mask "m.png" is full'],
    ] as const
  ) {
    assertThrows(
      () => paintMask(blankRaster(4, 4, colour), 'Mask "m.png"'),
      LocRefError,
      message,
    );
  }
});

Deno.test("a mask whose only mark is transparency is refused with what to fill", () => {
  const hole = blankRaster(4, 4, [0, 0, 0, 255]);
  hole.data[3] = 0;
  assertThrows(
    () => paintMask(hole, 'Mask "m.png"'),
    LocRefError,
    "its transparent part is kept: fill that with white, the rest with black",
  );
});

const mask = fc.record({
  width: fc.integer({ min: 1, max: 9 }),
  height: fc.integer({ min: 1, max: 9 }),
  seed: fc.array(fc.integer({ min: 0, max: 1 }), {
    minLength: 81,
    maxLength: 81,
  }),
}).map(({ width, height, seed }) => ({
  width,
  height,
  data: Uint8Array.from(seed.slice(0, width * height)),
}));

Deno.test("distances are those of a search through all pixels", () => {
  fc.assert(fc.property(mask, (mask) => {
    const { width, data } = mask;
    const found = distanceTo(mask, 1, 5);
    data.forEach((_, i) => {
      const nearest = [...data.entries()].reduce(
        (least, [j, one]) =>
          one === 0 ? least : Math.min(
            least,
            Math.max(
              Math.abs(i % width - j % width),
              Math.abs(Math.floor(i / width) - Math.floor(j / width)),
            ),
          ),
        5,
      );
      assertEquals(found[i], nearest);
    });
  }));
});

Deno.test("a mask grows by whole pixels in every direction", () => {
  const box = { x0: 0.4, y0: 0.4, x1: 0.6, y1: 0.6 };
  const grown = growMask(paintBoxes([box], { width: 10, height: 10 }), 2);
  const wanted = paintBoxes([{ x0: 0.2, y0: 0.2, x1: 0.8, y1: 0.8 }], grown);
  assertEquals(grown.data, wanted.data);
});

Deno.test("latents take the mask's value at their first pixel", () => {
  const data = Uint8Array.of(1, 0, 0, 1, 0, 0, 0, 0);
  const cells = latentMask({ width: 4, height: 2, data }, {
    width: 2,
    height: 1,
  });
  assertEquals([...cells], [1, 0]);
});

/** Boxes on a grid of twelfths, so that many of them touch. */
const gridBox = fc.tuple(
  fc.integer({ min: 0, max: 10 }),
  fc.integer({ min: 0, max: 10 }),
  fc.integer({ min: 1, max: 12 }),
  fc.integer({ min: 1, max: 12 }),
).map(([x, y, width, height]) => ({
  x0: x / 12,
  y0: y / 12,
  x1: Math.min(12, x + width) / 12,
  y1: Math.min(12, y + height) / 12,
}));

Deno.test("the blend around a box ends at boxes that do not overlap it", () => {
  const size = { width: 24, height: 24 };
  fc.assert(
    fc.property(
      fc.array(gridBox, { minLength: 1, maxLength: 2 }),
      fc.array(gridBox, { maxLength: 3 }),
      fc.integer({ min: 0, max: 4 }),
      (boxes, others, feather) => {
        const mask = paintAround(boxes, size, { feather, others });
        const inside = paintBoxes(boxes, size).data;
        const grown = growMask(paintBoxes(boxes, size), feather).data;
        const apart = others.filter((one) =>
          paintBoxes([one], size).data.every((value, i) =>
            value === 0 || inside[i] === 0
          )
        );
        const kept = paintBoxes(apart, size).data;
        mask.data.forEach((painted, i) =>
          assertEquals(painted, kept[i] === 1 ? 0 : grown[i])
        );
      },
    ),
  );
});
