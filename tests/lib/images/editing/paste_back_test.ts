import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { LocRefError } from "../../../../lib/core/error.ts";
import { paintBoxes } from "../../../../lib/images/editing/paint_mask.ts";
import {
  featheredAlpha,
  pasteBack,
} from "../../../../lib/images/editing/paste_back.ts";
import { blankRaster } from "../../../../lib/images/raster.ts";

const size = { width: 16, height: 12 };
const fraction = fc.integer({ min: 0, max: 7 }).map((value) => value / 16);

Deno.test("pixels outside of the mask are those of the kept picture, to the byte", () => {
  fc.assert(
    fc.property(fraction, fraction, fc.integer({ min: 0, max: 5 }), (
      x0,
      y0,
      feather,
    ) => {
      const mask = paintBoxes([{ x0, y0, x1: x0 + 0.5, y1: y0 + 0.5 }], size);
      const kept = blankRaster(16, 12, [10, 20, 30, 200]);
      const painted = blankRaster(16, 12, [250, 240, 230, 255]);
      const made = pasteBack(kept, painted, { mask, feather });
      mask.data.forEach((inside, i) => {
        const pixel = [...made.data.subarray(4 * i, 4 * i + 4)];
        if (inside === 0) assertEquals(pixel, [10, 20, 30, 200]);
        else if (feather === 0) assertEquals(pixel, [250, 240, 230, 255]);
        else assert(pixel[0]! > 10);
      });
    }),
  );
});

Deno.test("the blend rises from the mask's edge and ends inside it", () => {
  const mask = paintBoxes([{ x0: 0.25, y0: 0, x1: 1, y1: 1 }], size);
  const row = [...featheredAlpha(mask, 3).subarray(0, 9)];
  assertEquals(row, [0, 0, 0, 0, 0.25, 0.5, 0.75, 1, 1]);
});

Deno.test("pictures of different sizes are not joined", () => {
  const mask = paintBoxes([{ x0: 0, y0: 0, x1: 0.5, y1: 1 }], size);
  assertThrows(
    () =>
      pasteBack(blankRaster(16, 12), blankRaster(8, 12), { mask, feather: 1 }),
    LocRefError,
    "A picture of 16 × 12 pixels cannot be joined with one of 8 × 12",
  );
});
