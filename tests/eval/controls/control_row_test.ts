import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import {
  controlRow,
  controlTable,
} from "../../../eval/controls/control_row.ts";
import type { SceneScores } from "../../../eval/controls/control_scores.ts";

/** A scene of one object, whose scores are all made of one number. */
function sceneOf(object: number, ssim: number, found?: boolean): SceneScores {
  const error = { sum: (1 - ssim) * 10, count: 10 };
  return {
    error,
    ssim,
    objects: [{ object, error, ssim, edges: [ssim, 1], colour: 0, found }],
  };
}

Deno.test("a row holds means over objects, and decibels of the summed errors", () => {
  const row = controlRow("a", [sceneOf(1, 0.9), sceneOf(2, 0.7)]);
  assertAlmostEquals(row.ssimInside.value, 0.8);
  assertAlmostEquals(row.edges.value, 0.8);
  assertAlmostEquals(row.psnrInside.value, -10 * Math.log10(0.2), 1e-6);
  assertEquals(row.retrieval, undefined);
});

Deno.test("intervals are wider where few objects stand for many scenes", () => {
  const scenes = (objects: number) =>
    Array.from({ length: 60 }, (_, i) => {
      const object = i % objects;
      return sceneOf(object, object % 2 === 0 ? 0.9 : 0.5, object % 2 === 0);
    });
  const width = (objects: number) => {
    const [low, high] = controlRow("a", scenes(objects)).ssimInside.ci95;
    return high - low;
  };
  assert(width(4) > 1.5 * width(60), `${width(4)} ${width(60)}`);
  const { retrieval } = controlRow("a", scenes(60));
  assertAlmostEquals(retrieval!.value, 0.5);
});

Deno.test("a table has the column of retrieval only where it was measured", () => {
  const without = controlTable([controlRow("paste", [sceneOf(1, 0.5)])]);
  const searched = controlTable([
    controlRow("paste", [sceneOf(1, 0.5, true)]),
  ]);
  assert(!without.includes("retrieval") && searched.includes("retrieval"));
  assert(without.includes("| paste | 3.0 (3.0–3.0) |"), without);
});
