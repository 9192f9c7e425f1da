import { assertEquals } from "@std/assert";
import { msMasks } from "../../../../lib/adapters/ms_diffusion/ms_masks.ts";

const size = { height: 1, width: 4 };
const boxes = [
  { x0: 0, y0: 0, x1: 0.6, y1: 1 },
  { x0: 0.5, y0: 0, x1: 0.75, y1: 1 },
];
const options = { dummies: 1, tokens: 2, scale: 0.5, guided: true };

/** Tokens that each query of a row sees, as letters: `d` the dummies, `a` and `b` the pictures. */
function seen(hidden: ArrayLike<number>, row: number): string[] {
  return Array.from({ length: 4 }, (_, q) =>
    ["d", "a", "a", "b", "b"]
      .filter((_, i) => hidden[(row * 4 + q) * 5 + i] === 0).join(""));
}

Deno.test("a query sees the pictures whose boxes touch its cell, and the dummies where none does", () => {
  const masks = msMasks(boxes, [size], options);
  const hidden = masks["hidden.1x4"]!.data;
  assertEquals(seen(hidden, 0), ["d", "d", "d", "d"]);
  assertEquals(seen(hidden, 1), ["aa", "aa", "aabb", "d"]);
});

Deno.test("where no box lies the text alone acts, as in the published code, or the dummies, as in the paper", () => {
  const factor = (attendDummies?: boolean) => [
    ...msMasks(boxes, [size], { ...options, attendDummies })["factor.1x4"]!
      .data,
  ];
  assertEquals(factor(), [0, 0, 0, 0, 0.5, 0.5, 0.5, 0]);
  assertEquals(factor(true), Array(8).fill(0.5));
});

Deno.test("a picture that does not act has no box", () => {
  const masks = msMasks(boxes, [size], { ...options, on: [false, true] });
  assertEquals(seen(masks["hidden.1x4"]!.data, 1), ["d", "d", "bb", "d"]);
});
