import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import { boxCoverage, regionCoverage } from "../../lib/masks/coverage.ts";
import { foregroundMask } from "../../lib/masks/foreground.ts";
import { captionWeights } from "../../lib/masks/caption_weights.ts";
import { referenceWeights } from "../../lib/masks/reference_weights.ts";
import { openSafetensors } from "../../lib/weights/safetensors/safetensors.ts";

const goldens = new URL("../goldens/", import.meta.url);

function toBox([x0, y0, x1, y1]: number[]) {
  return { x0: x0!, y0: y0!, x1: x1!, y1: y1! };
}

const sum = (values: Iterable<number>) => {
  let total = 0;
  for (const value of values) total += value;
  return total;
};

const edges = fc.tuple(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.double({ min: 0, max: 1, noNaN: true }),
).filter(([a, b]) => a !== b).map(([a, b]) =>
  [Math.min(a, b), Math.max(a, b)] as const
);
const boxes = fc.tuple(edges, edges).map(([[x0, x1], [y0, y1]]) => ({
  x0,
  y0,
  x1,
  y1,
}));
const sizes = fc.record({
  height: fc.integer({ min: 1, max: 20 }),
  width: fc.integer({ min: 1, max: 20 }),
});

Deno.test("box coverage agrees with the goldens at every resolution, also non-square", async () => {
  const file = await openSafetensors(
    new URL("locref.safetensors", goldens).pathname,
  );
  const json = JSON.parse(
    await Deno.readTextFile(new URL("locref.json", goldens)),
  );
  const names = file.names().filter((name) => name.startsWith("mask."));
  assertEquals(names.length, 6);
  for (const name of names) {
    const [count, height, width] = file.info(name)!.shape as [
      number,
      number,
      number,
    ];
    const expected = await file.read(name);
    for (let i = 0; i < count; i++) {
      const coverage = boxCoverage(toBox(json.boxes_xyxy_fraction[i]), {
        height,
        width,
      });
      coverage.forEach((value, cell) =>
        assertAlmostEquals(value, expected[i * height * width + cell]!, 1e-6)
      );
    }
  }
});

Deno.test("box coverage sums to the box's area", () => {
  fc.assert(fc.property(boxes, sizes, (box, size) => {
    const area = (box.x1 - box.x0) * (box.y1 - box.y0);
    const mean = sum(boxCoverage(box, size)) / (size.height * size.width);
    assertAlmostEquals(mean, area, 1e-6);
  }));
});

Deno.test("coverage of a coarse grid is the mean of a finer one", () => {
  fc.assert(fc.property(boxes, fc.integer({ min: 1, max: 8 }), (box, n) => {
    const coarse = boxCoverage(box, { height: n, width: n });
    const data = boxCoverage(box, { height: 2 * n, width: 2 * n });
    const pooled = regionCoverage({ width: 2 * n, height: 2 * n, data }, {
      height: n,
      width: n,
    });
    pooled.forEach((value, cell) =>
      assertAlmostEquals(value, coarse[cell]!, 1e-6)
    );
  }));
});

Deno.test("a soft mask keeps its mean at sizes that do not divide it", () => {
  const data = Float32Array.from({ length: 35 }, (_, i) => (i * 7 % 11) / 10);
  const coverage = regionCoverage({ width: 7, height: 5, data }, {
    height: 3,
    width: 4,
  });
  assertAlmostEquals(sum(coverage) / 12, sum(data) / 35, 1e-6);
});

Deno.test("a box thinner than a cell still counts with its area", () => {
  const coverage = boxCoverage({ x0: 0.5, y0: 0, x1: 0.51, y1: 1 }, {
    height: 1,
    width: 4,
  });
  assertEquals(coverage[0], 0);
  assertAlmostEquals(coverage[2]!, 0.04, 1e-6);
});

Deno.test("FM is the sum of coverages, at most 1", () => {
  const coverages = [Float32Array.of(0.2, 0.7, 1), Float32Array.of(0, 0.7, 1)];
  const foreground = foregroundMask(coverages);
  assertEquals([...foreground], [Math.fround(0.2), 1, 1]);
  assertEquals([...foregroundMask([], 2)], [0, 0]);
});

Deno.test("average never gives a cell more than one reference's worth", () => {
  fc.assert(
    fc.property(
      fc.array(boxes, { minLength: 1, maxLength: 5 }),
      sizes,
      (all, size) => {
        const coverages = all.map((box) => boxCoverage(box, size));
        const weights = referenceWeights(coverages, all.map(() => 1));
        for (let cell = 0; cell < size.height * size.width; cell++) {
          assert(sum(weights.map((weight) => weight[cell]!)) <= 1 + 1e-6);
        }
      },
    ),
  );
});

Deno.test("sum divides nothing and top hides what lies behind", () => {
  const coverages = [Float32Array.of(1, 0.5), Float32Array.of(0.25, 0)];
  const summed = referenceWeights(coverages, [1, 2], { overlap: "sum" });
  assertEquals(summed.map((row) => [...row]), [[1, 0.5], [0.5, 0]]);
  const top = referenceWeights(coverages, [1, 2], { overlap: "top" });
  assertEquals(top.map((row) => [...row]), [[0.75, 0.5], [0.5, 0]]);
  const lifted = referenceWeights(coverages, [1, 1], {
    overlap: "top",
    depths: [1, 0],
  });
  assertEquals(lifted.map((row) => [...row]), [[1, 0.5], [0, 0]]);
});

Deno.test("as many scales as coverages are needed", () => {
  assertThrows(
    () => referenceWeights([new Float32Array(1)], []),
    RangeError,
    "1 coverages",
  );
});

Deno.test("caption weights share the text term", () => {
  const { text, captions } = captionWeights([
    Float32Array.of(1, 0.5),
    Float32Array.of(1, 0),
  ]);
  assertEquals([...text], [0, 0.5]);
  assertEquals(captions.map((row) => [...row]), [[0.5, 0.5], [0.5, 0]]);
  assertEquals([...captionWeights([], 2).text], [1, 1]);
});
