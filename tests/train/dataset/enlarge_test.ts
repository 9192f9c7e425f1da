import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { enlarge } from "../../../train/dataset/enlarge.ts";
import { random } from "../../../train/random.ts";

/** Keys' convolution in plain numbers. */
function expected(data: Uint8Array, side: number, size: number): Float64Array {
  const keys = (x: number) =>
    x <= 1
      ? 1.5 * x ** 3 - 2.5 * x ** 2 + 1
      : x < 2
      ? -0.5 * x ** 3 + 2.5 * x ** 2 - 4 * x + 2
      : 0;
  const at = (v: number) => Math.min(side - 1, Math.max(0, v));
  const out = new Float64Array(3 * size * size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const cy = (y + 0.5) * side / size - 0.5;
      const cx = (x + 0.5) * side / size - 0.5;
      for (let j = Math.floor(cy) - 1; j <= Math.floor(cy) + 2; j++) {
        for (let i = Math.floor(cx) - 1; i <= Math.floor(cx) + 2; i++) {
          const weight = keys(Math.abs(j - cy)) * keys(Math.abs(i - cx));
          for (let c = 0; c < 3; c++) {
            out[3 * (y * size + x) + c]! += weight *
              data[3 * (at(j) * side + at(i)) + c]!;
          }
        }
      }
    }
  }
  return out.map((v) => Math.min(255, Math.max(0, v)));
}

Deno.test("an enlarged picture is Keys' convolution to one step of 255", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 0, max: 60 }),
      (side, more) => {
        const size = side + more;
        const numbers = random("enlarge", side, more);
        const data = new Uint8Array(3 * side * side).map(() =>
          numbers.integer(256)
        );
        const part = { data, width: side, left: 0, top: 0, side };
        const found = enlarge(part, size);
        const wanted = expected(data, side, size);
        found.forEach((value, i) => assert(Math.abs(value - wanted[i]!) <= 1));
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("only the part that is named is enlarged", () => {
  const numbers = random("part");
  const data = new Uint8Array(3 * 20 * 10).map(() => numbers.integer(256));
  const rows = [2, 3, 4, 5, 6].flatMap((y) => [
    ...data.subarray(3 * (20 * y + 7), 3 * (20 * y + 12)),
  ]);
  const alone = {
    data: Uint8Array.from(rows),
    width: 5,
    left: 0,
    top: 0,
    side: 5,
  };
  const inside = { data, width: 20, left: 7, top: 2, side: 5 };
  assertEquals(enlarge(inside, 12), enlarge(alone, 12));
});

Deno.test("a picture of its own size stays as it is, and a smaller one is refused", () => {
  const data = Uint8Array.from({ length: 27 }, (_, i) => 9 * i);
  const part = { data, width: 3, left: 0, top: 0, side: 3 };
  assertEquals(enlarge(part, 3), data);
  assertThrows(() => enlarge(part, 2), RangeError);
});
