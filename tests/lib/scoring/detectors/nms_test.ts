import { assertAlmostEquals, assertEquals } from "@std/assert";
import { bootstrapInterval, mean } from "../../../../eval/run/bootstrap.ts";
import { boxIou, suppress } from "../../../../lib/scoring/detectors/nms.ts";
import type { Detection } from "../../../../lib/pipeline/options/rulers.ts";

const at = (x: number, score: number, category = 0): Detection => ({
  box: [x, 0, x + 0.5, 0.5],
  category,
  score,
});

Deno.test("IoU is shared area over covered area", () => {
  assertAlmostEquals(boxIou([0, 0, 2, 2], [1, 0, 3, 2]), 1 / 3, 1e-12);
  assertEquals(boxIou([0, 0, 1, 1], [1, 0, 2, 1]), 0);
});

Deno.test("of overlapping detections of a class the best stays", () => {
  const kept = suppress([at(0, 0.5), at(0.05, 0.9), at(0.6, 0.3)]);
  assertEquals(kept.map(({ score }) => score), [0.9, 0.3]);
});

Deno.test("classes suppress each other only when asked to", () => {
  const both = [at(0, 0.5, 1), at(0.02, 0.9, 0)];
  assertEquals(suppress(both).length, 2);
  assertEquals(suppress(both, { agnostic: true }).length, 1);
});

Deno.test("a bootstrap interval holds the mean and is the same for the same seed", () => {
  const values = Array.from({ length: 100 }, (_, i) => i % 10);
  const interval = () =>
    bootstrapInterval(
      values.length,
      (indices) => mean(indices.map((i) => values[i]!)),
    );
  const [low, high] = interval();
  assertEquals(low < 4.5 && 4.5 < high, true);
  assertEquals(interval(), [low, high]);
});
