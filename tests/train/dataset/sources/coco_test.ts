/** COCO files with numbers that are none: only what holds them is lost, and it is named. */

import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import sharp from "sharp";
import { openDataset } from "../../../../train/dataset/read/open_dataset.ts";
import { pictureDefaults } from "../../../../train/dataset/options.ts";
import { withTempDir } from "../../temp_dir.ts";
import { build, cocoOf } from "../data.ts";

const polygon = [20, 20, 80, 20, 80, 70, 20, 70];
const sound = {
  ...{ id: 1, image_id: 1, category_id: 1, bbox: [20, 20, 60, 50] },
  ...{ area: 3000, iscrowd: 0, segmentation: [polygon] },
};

/** As Python's `json` writes it. */
function python(value: unknown): string {
  const mark = (_: string, one: unknown) =>
    typeof one === "number" && !Number.isFinite(one) ? `@${one}@` : one;
  return JSON.stringify(value, mark).replace(/"@([^"]*)@"/g, "$1");
}

/** Builds one picture with a sound annotation and `second`; returns instances and problems. */
async function built(
  { second, image = {}, categories = [] }: {
    second?: object;
    image?: object;
    categories?: unknown[];
  },
) {
  let instances: { id: string; area: number; cutout: boolean }[] = [];
  let problems: string[] = [];
  await withTempDir(async (dir) => {
    const blank = { width: 160, height: 120, channels: 3 as const };
    await sharp({ create: { ...blank, background: "#c33" } }).jpeg()
      .toFile(join(dir, "1.jpg"));
    const source = await cocoOf(
      dir,
      python({
        images: [{
          ...{ id: 1, file_name: "1.jpg", width: 160, height: 120 },
          ...image,
        }],
        annotations: [
          sound,
          ...second
            ? [{ ...sound, id: 2, bbox: [90, 30, 50, 60], ...second }]
            : [],
        ],
        categories: [{ id: 1, name: "cup" }, ...categories],
      }),
    );
    const out = join(dir, "out");
    const { report } = await build(source, out, {
      images: dir,
      threads: 1,
      picture: { ...pictureDefaults, size: 64, refSize: 32 },
    });
    problems = report!.problems.map(({ where, what }) => `${where}: ${what}`);
    const dataset = await openDataset(out);
    const { sample } = await dataset.read(0);
    instances = sample.instances as typeof instances;
  });
  return { instances, problems };
}

for (
  const [name, second, problem] of [
    [
      "NaN in its box",
      { bbox: [90, NaN, 50, 60] },
      /annotation 2: bbox must be four numbers, got \[90, NaN, 50, 60\]/,
    ],
    [
      "an infinite side",
      { bbox: [90, 30, Infinity, 60] },
      /annotation 2: bbox .*Infinity/,
    ],
    [
      "a negative side",
      { bbox: [90, 30, -50, 60] },
      /annotation 2: bbox .*negative/,
    ],
    ["a category of NaN", { category_id: NaN }, /annotation 2: Category NaN/],
  ] as [string, object, RegExp][]
) {
  Deno.test(`an annotation with ${name} is one problem, and nothing else is lost`, async () => {
    const { instances, problems } = await built({ second });
    assertEquals(instances.map(({ id }) => id), ["1"]);
    assertEquals(problems.length, 1, problems.join("\n"));
    assertMatch(problems[0]!, problem);
  });
}

for (const area of [NaN, Infinity, -Infinity, -3, "3000"]) {
  Deno.test(`an annotation with the area ${area} is kept without it`, async () => {
    const { instances, problems } = await built({ second: { area } });
    assertEquals(instances.map(({ id }) => id), ["1", "2"]);
    assertEquals(Number.isFinite(instances[1]!.area), true);
    assertMatch(problems.join("\n"), /^picture 1, annotation 2: area is /);
  });
}

for (
  const [name, segmentation, problem] of [
    ["NaN in a polygon", [[NaN, ...polygon.slice(1)]], /coordinate NaN/],
    ["points in lists", [[[20, 20], [80, 20], [80, 70]]], /list of points/],
    ["text", "polygon", /is "polygon"/],
    ["an empty object", {}, /is \{\}/],
    ["runs of NaN", { size: [120, 160], counts: [NaN] }, /count NaN/],
  ] as [string, unknown, RegExp][]
) {
  Deno.test(`an annotation with ${name} for a mask is kept without mask`, async () => {
    const { instances, problems } = await built({ second: { segmentation } });
    assertEquals(instances.map(({ cutout }) => cutout), [true, false]);
    assertEquals(problems.length, 1, problems.join("\n"));
    assertMatch(problems[0]!, problem);
    assertMatch(problems[0]!, /annotation 2.*kept without mask$/);
  });
}

Deno.test("a flat polygon is a mask like any other", async () => {
  const { instances, problems } = await built({
    second: { segmentation: [90, 30, 140, 30, 140, 90, 90, 90] },
  });
  assertEquals(instances.map(({ cutout }) => cutout), [true, true]);
  assertEquals(problems, []);
});

for (const width of [NaN, 0, -1, "160", 1.5]) {
  Deno.test(`a picture with the width ${JSON.stringify(width)} has its own size, and that is said`, async () => {
    const { instances, problems } = await built({ image: { width } });
    assertEquals(instances.length, 1);
    assertEquals(problems.length, 1, problems.join("\n"));
    assertMatch(problems[0]!, /^picture 1: Its width is .*own size is used$/);
  });
}

Deno.test("a category without a name is a problem, not a class of that name", async () => {
  const { problems } = await built({ categories: [{ id: 2 }, { name: "x" }] });
  assertEquals(problems.length, 2, problems.join("\n"));
  assertMatch(problems[0]!, /^category 2: A category without id or name/);
});
