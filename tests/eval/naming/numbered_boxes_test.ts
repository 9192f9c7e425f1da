import { assert, assertEquals } from "@std/assert";
import { drawNumberedBoxes } from "../../../eval/naming/numbered_boxes.ts";

const size = { width: 384, height: 384 };

/** Places of the plates: left, top, width and height. */
function plates(svg: string): number[][] {
  const found = svg.matchAll(
    /<rect x="([\d.-]+)" y="([\d.-]+)" width="([\d.]+)" height="([\d.]+)" rx/g,
  );
  return [...found].map((one) => one.slice(1, 5).map(Number));
}

Deno.test("numbers stand beside their boxes, inside the picture and apart", () => {
  const boxes = [
    { x0: 0, y0: 0, x1: 0.5, y1: 0.5 },
    { x0: 0.02, y0: 0.5, x1: 0.5, y1: 0.98 },
    { x0: 0.5, y0: 0.1, x1: 1, y1: 0.9 },
  ];
  const placed = plates(drawNumberedBoxes(boxes, size));
  assertEquals(placed.length, 3);
  for (const [i, [x, y, width, height]] of placed.entries()) {
    assert(x! >= 0 && y! >= 0);
    assert(x! + width! <= 384 && y! + height! <= 384);
    const { x0, y0, x1, y1 } = boxes[i]!;
    const beside = x! >= x1 * 384 || x! + width! <= x0 * 384 ||
      y! >= y1 * 384 || y! + height! <= y0 * 384;
    assert(beside, `${i}`);
  }
});

Deno.test("a box that fills the picture has its number in the corner", () => {
  const whole = [{ x0: 0, y0: 0, x1: 1, y1: 1 }];
  assertEquals(plates(drawNumberedBoxes(whole, size))[0]!.slice(0, 2), [1, 1]);
});
