import { assert, assertAlmostEquals } from "@std/assert";
import { precisions } from "../../../eval/run/precision.ts";
import type { Measurement } from "../../../eval/run/record.ts";
import { random } from "../../../lib/core/random.ts";

const classes = Array.from({ length: 30 }, (_, i) => `class ${i}`);
const box = [0.2, 0.2, 0.6, 0.6] as const;

/** A picture of one object, which is found or taken for another, beside `strays` that it does not show. */
function picture(index: number, isFound: boolean, strays = 0): Measurement {
  const stream = random("precision", index);
  const category = index % classes.length;
  const stray = () => ({
    ...{ box: [0.7, 0.7, 0.9, 0.9], score: stream.uniform() } as const,
    category: stream.integer(classes.length),
  });
  return {
    ...{ width: 64, height: 64 },
    instances: [{ category: classes[category]!, box }],
    detections: [
      {
        ...{ box, score: 0.3 + 0.7 * stream.uniform() },
        category: isFound ? category : (category + 1) % classes.length,
      },
      ...Array.from({ length: strays }, stray),
    ],
  };
}

Deno.test("an interval of average precision lies about its value, though draws repeat pictures", () => {
  const pictures = Array.from(
    { length: 60 },
    (_, i) => picture(i, random("found", i).chance(0.9), 20),
  );
  const estimates = precisions([pictures], { classes, rounds: 300 });
  for (const { value, ci95: [low, high] } of estimates) {
    const part = (value - low) / (high - low);
    assert(part > 0.25 && part < 0.75, `${low} ${value} ${high}`);
  }
});

Deno.test("intervals of precision stay within 0 and 1", () => {
  for (const isFound of [true, false]) {
    const pictures = Array.from({ length: 30 }, (_, i) => picture(i, isFound));
    for (
      const { value, ci95 } of precisions([pictures], { classes, rounds: 50 })
    ) {
      assertAlmostEquals(value, Number(isFound), 1e-6);
      assert(ci95.every((end) => end >= 0 && end <= 1), String(ci95));
    }
  }
});
