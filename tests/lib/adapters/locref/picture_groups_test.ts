import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  combineFeatures,
  commonLength,
  groupTokens,
  pictureGroups,
} from "../../../../lib/adapters/locref/picture_groups.ts";
import { maskInputs } from "../../../../lib/adapters/locref/mask_inputs.ts";
import { defaultFusionSettings } from "../../../../lib/adapters/locref/fusion_settings.ts";
import { tensor } from "../../../../lib/core/tensor.ts";
import {
  combinations,
  type Combine,
} from "../../../../lib/scene_data/several_pictures.ts";

/** An instance with so many pictures. */
function instanceOf(count: number, combine: Combine) {
  const others = Array.from({ length: count - 1 }, () => "b.png");
  return { reference: "a.png", ...(count > 1 && { others, combine }) };
}

const instances = fc.array(
  fc.record({
    count: fc.integer({ min: 1, max: 6 }),
    combine: fc.constantFrom(...combinations),
  }),
  { minLength: 1, maxLength: 4 },
);

Deno.test("concatenated pictures share a group, added ones have one each, averaged ones are one row", () => {
  const all = [
    instanceOf(3, "concat"),
    instanceOf(2, "sum"),
    instanceOf(2, "average"),
    instanceOf(1, "concat"),
  ];
  assertEquals(pictureGroups(all), [
    { instance: 0, rows: [0, 1, 2], share: 1 },
    { instance: 1, rows: [3], share: 0.5 },
    { instance: 1, rows: [4], share: 0.5 },
    { instance: 2, rows: [5], share: 1 },
    { instance: 3, rows: [6], share: 1 },
  ]);
});

Deno.test("the shares of an instance add up to 1, and every row stands in one group", () => {
  fc.assert(fc.property(instances, (given) => {
    const groups = pictureGroups(
      given.map(({ count, combine }) => instanceOf(count, combine)),
    );
    const sums = given.map(() => 0);
    for (const { instance, share } of groups) sums[instance]! += share;
    for (const sum of sums) assert(Math.abs(sum - 1) < 1e-9);
    const rows = groups.flatMap(({ rows }) => rows);
    assertEquals(rows, rows.map((_, i) => i));
  }));
});

Deno.test("tokens of every group are repeated evenly up to one length", () => {
  fc.assert(fc.property(instances, (given) => {
    const groups = pictureGroups(
      given.map(({ count, combine }) => instanceOf(count, combine)),
    );
    const rows = groups.flatMap(({ rows }) => rows).length;
    const data = Float32Array.from({ length: rows * 2 }, (_, i) => i);
    const longest = commonLength(groups);
    const found = groupTokens(tensor([rows, 2, 1], data), groups);
    assertEquals(found.shape, [groups.length, 2 * longest, 1]);
    for (const [i, { rows }] of groups.entries()) {
      const own = [...found.data].slice(i * 2 * longest, (i + 1) * 2 * longest);
      for (const value of rows.flatMap((row) => [2 * row, 2 * row + 1])) {
        const count = own.filter((one) => one === value).length;
        assertEquals(count, longest / rows.length);
      }
    }
  }));
});

Deno.test("averaged features are the mean of an instance's pictures alone", () => {
  const features = tensor([4, 2], Float32Array.of(1, 2, 3, 6, 10, 20, 7, 8));
  const found = combineFeatures(features, [
    instanceOf(2, "average"),
    instanceOf(2, "concat"),
  ]);
  assertEquals(found.shape, [3, 2]);
  assertEquals([...found.data], [2, 4, 10, 20, 7, 8]);
});

Deno.test("added pictures share the strength of their instance, and count once in the overlap", () => {
  const size = { height: 1, width: 2 };
  const { "ri_mask.1x2": ri, "ci_mask.1x2": ci } = maskInputs([size], {
    coverages: new Map([["1x2", [
      Float32Array.of(1, 0),
      Float32Array.of(1, 1),
    ]]]),
    ...{ scales: [0.8, 1], depths: [0, 0], captioned: [] },
    groups: pictureGroups([instanceOf(2, "sum"), instanceOf(1, "concat")]),
  }, defaultFusionSettings);
  assertEquals(ri!.shape, [1, 3, 2]);
  const near = [0.2, 0, 0.2, 0, 0.5, 1];
  for (const [i, value] of [...ri!.data].entries()) {
    assert(Math.abs(value - near[i]!) < 1e-6, `${i}: ${value}`);
  }
  assertEquals([...ci!.data], [1, 1]);
});
