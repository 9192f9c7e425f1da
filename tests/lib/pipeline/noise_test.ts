import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { gaussianNoise } from "../../../lib/core/random.ts";
import { sceneNoise } from "../../../lib/pipeline/noise.ts";

Deno.test("noise is standard normal", () => {
  const noise = gaussianNoise(7, 100_000);
  const moment = (power: number) =>
    noise.reduce((sum, value) => sum + value ** power, 0) / noise.length;
  assertAlmostEquals(moment(1), 0, 0.02);
  assertAlmostEquals(moment(2), 1, 0.02);
  assertAlmostEquals(moment(3), 0, 0.05);
  assertAlmostEquals(moment(4), 3, 0.1);
});

Deno.test("noise of neighbouring seeds is uncorrelated", () => {
  const a = gaussianNoise(1, 50_000), b = gaussianNoise(2, 50_000);
  const correlation = a.reduce((sum, value, i) => sum + value * b[i]!, 0) /
    a.length;
  assertAlmostEquals(correlation, 0, 0.02);
});

Deno.test("seeds beyond 32 bits give noise of their own", () => {
  assert(gaussianNoise(1, 4).join() !== gaussianNoise(1 + 2 ** 32, 4).join());
});

Deno.test("longer noise begins with the shorter", () => {
  assertEquals(gaussianNoise(3, 100).slice(0, 11), gaussianNoise(3, 11));
});

Deno.test("a seeded region changes its own cells only", () => {
  const size = { height: 2, width: 2 };
  const plain = sceneNoise(5, 3, size).data;
  const coverage = Float32Array.of(1, 0.4, 0, 0.5);
  const seeded = sceneNoise(5, 3, size, [{ seed: 9, coverage }]).data;
  const changed = [...seeded].map((value, i) => value !== plain[i]);
  assertEquals(changed, [0, 1, 2].flatMap(() => [true, false, false, true]));
});
