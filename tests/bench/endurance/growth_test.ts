import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { growth } from "../../../bench/endurance/growth.ts";

const turns = (memory: (turn: number) => number) =>
  Array.from({ length: 40 }, (_, turn) => memory(turn));

Deno.test("memory that is flat after the first quarter has not grown", () => {
  assertEquals(growth(turns((turn) => turn < 10 ? 100 + turn : 200)), 0);
});

Deno.test("memory that leaks in every turn has grown, by its part", () => {
  const grown = growth(turns((turn) => 400 + turn));
  assertAlmostEquals(grown, 20 / 414.5, 1e-9);
});

Deno.test("a single turn at its peak counts little", () => {
  const grown = growth(turns((turn) => turn === 36 ? 900 : 400 + turn % 2));
  assert(grown < 0.01, String(grown));
});
