import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  bounds,
  cropMask,
  maskedArea,
  resizeMask,
} from "../../../../lib/images/editing/masked_area.ts";
import { paintBoxes } from "../../../../lib/images/editing/paint_mask.ts";

const size = { width: 200, height: 100 };

Deno.test("the area holds the mask with its padding, in the shape of the render", () => {
  const mask = paintBoxes([{ x0: 0.4, y0: 0.4, x1: 0.5, y1: 0.6 }], size);
  const area = maskedArea(mask, {
    padding: 10,
    render: { width: 64, height: 64 },
  });
  assertEquals(area, { x: 70, y: 30, width: 40, height: 40 });
});

Deno.test("the area never leaves the picture and always holds the mask", () => {
  const side = fc.integer({ min: 0, max: 9 }).map((value) => value / 10);
  fc.assert(
    fc.property(
      side,
      side,
      fc.integer({ min: 0, max: 80 }),
      (x0, y0, padding) => {
        const box = { x0, y0, x1: x0 + 0.1, y1: y0 + 0.1 };
        const mask = paintBoxes([box], size);
        const render = { width: 96, height: 64 };
        const area = maskedArea(mask, { padding, render });
        const inside = bounds(mask);
        assert(area.x >= 0 && area.x + area.width <= 200);
        assert(area.y >= 0 && area.y + area.height <= 100);
        assert(area.x <= inside.x && area.y <= inside.y);
        const marked = (data: Uint8Array) => data.reduce((a, b) => a + b, 0);
        assertEquals(marked(cropMask(mask, area).data), marked(mask.data));
      },
    ),
  );
});

Deno.test("a mask is resized by the nearest pixel", () => {
  const mask = { width: 2, height: 1, data: Uint8Array.of(0, 1) };
  const larger = resizeMask(mask, { width: 4, height: 2 });
  assertEquals([...larger.data], [0, 0, 1, 1, 0, 0, 1, 1]);
});
