import { assertEquals } from "@std/assert";
import {
  groundingInputs,
  noObjects,
} from "../../../../lib/adapters/gligen/grounding_inputs.ts";

Deno.test("the unconditional branch has 30 null tokens, the other the rest of 30", () => {
  const rows = [Float32Array.of(1, 2), undefined, Float32Array.of(3, 4)];
  const scene = { phrases: { width: 2, rows } };
  const { phrases, phrases_mask, phrases_absent } = groundingInputs([
    noObjects(scene),
    scene,
  ]);
  assertEquals(phrases!.shape, [2, 30, 2]);
  assertEquals(phrases_mask!.shape, [2, 30, 1]);
  const [none, given] = [0, 30].map((from) => [
    ...phrases_mask!.data.subarray(from, from + 30),
  ]);
  assertEquals(none, Array(30).fill(0));
  assertEquals(given, [1, 0, 1, ...Array(27).fill(0)]);
  assertEquals(
    [...phrases_absent!.data],
    [...none!, ...given!].map((one) => 1 - one),
  );
  assertEquals([...phrases!.data.subarray(60, 66)], [1, 2, 0, 0, 3, 4]);
});
