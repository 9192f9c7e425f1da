/** `eval coco` on files that are right and on files that are not. */

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { command } from "../../../eval/coco/coco_command.ts";
import { LocRefError } from "../../../lib/core/error.ts";
import { withTempDir } from "../../train/temp_dir.ts";

const object = {
  ...{ id: 1, image_id: 1, category_id: 1, bbox: [10, 10, 20, 20] },
  ...{ area: 400, iscrowd: 0 },
};
const truth = {
  images: [{ id: 1, width: 100, height: 100 }],
  annotations: [object],
  categories: [{ id: 1, name: "cat" }],
};
const hit = { image_id: 1, category_id: 1, bbox: [10, 10, 20, 20], score: 0.5 };

/** Runs the command on two files, and returns what it printed. */
async function coco(
  gt: unknown,
  dt: unknown,
  ...more: string[]
): Promise<string> {
  return (await cocoWithWarnings(gt, dt, ...more)).printed;
}

/** Files as Python writes them: NaN and Infinity are numbers. */
function python(value: unknown): string {
  const mark = (_: string, one: unknown) =>
    typeof one === "number" && !Number.isFinite(one) ? `@${one}@` : one;
  return JSON.stringify(value, mark).replace(/"@([^"]*)@"/g, "$1");
}

/** What the command prints, and the sentences on stderr. */
async function cocoWithWarnings(
  gt: unknown,
  dt: unknown,
  ...more: string[]
): Promise<{ printed: string; warnings: string[] }> {
  const lines: string[] = [], warnings: string[] = [];
  const { log, error } = console;
  await withTempDir(async (dir) => {
    const paths = [join(dir, "gt.json"), join(dir, "dt.json")] as const;
    await Deno.writeTextFile(paths[0], python(gt));
    await Deno.writeTextFile(paths[1], python(dt));
    console.log = (line: string) => lines.push(line);
    console.error = (line: string) => warnings.push(line);
    try {
      await command.run(["--gt", paths[0], "--dt", paths[1], ...more]);
    } finally {
      console.log = log;
      console.error = error;
    }
  });
  return { printed: lines.join("\n"), warnings };
}

Deno.test("eval coco prints the twelve numbers and a table of categories", async () => {
  const lines = (await coco(truth, [hit])).split("\n");
  assertEquals(lines.length, 12 + 1 + 1 + 1);
  assertEquals(lines[0], "AP    1.0000");
  assertEquals(lines[4], "APm       -1");
  assertEquals(lines.at(-1), "1.0000  1.0000  1.0000  cat");
});

Deno.test("no detections at all score 0, not an error", async () => {
  assertEquals(JSON.parse(await coco(truth, [], "--json")).AP, 0);
});

const faults: [string, unknown, unknown, string][] = [
  ["null", truth, [null], "Detection 1 of DT is no object"],
  [
    "no box",
    truth,
    [{ ...hit, bbox: undefined }],
    "Detection 1 of DT has no bbox",
  ],
  [
    "three numbers",
    truth,
    [hit, { ...hit, bbox: [1, 2, 3] }],
    "Detection 2 of DT has the bbox [1, 2, 3]: [x, y, width, height] was expected",
  ],
  [
    "a score in words",
    truth,
    [{ ...hit, score: "0.5" }],
    'Detection 1 of DT has the score "0.5": a finite number was expected',
  ],
  [
    "a picture that is not there",
    truth,
    [{ ...hit, image_id: 7 }],
    "Detection 1 of DT is of image 7, which is none of the true objects' file",
  ],
  [
    "an object without an area",
    { ...truth, annotations: [{ ...object, area: undefined }] },
    [hit],
    "Annotation 1 of GT has no area",
  ],
  ["no list", truth, {}, "File DT is no list of detections"],
  ["no images", { ...truth, images: {} }, [], 'File GT has no list "images"'],
];

faults.push(
  [
    "an area of NaN",
    withObject({ area: NaN }),
    [hit],
    "Annotation 1 of GT has the area NaN: a finite number was expected",
  ],
  [
    "a box with NaN",
    withObject({ bbox: [1, NaN, 2, 3] }),
    [hit],
    "Annotation 1 of GT has the bbox [1, NaN, 2, 3]: [x, y, width, height] was expected",
  ],
  [
    "a box with infinite sides",
    truth,
    [{ ...hit, bbox: [0, 0, Infinity, 1] }],
    "Detection 1 of DT has the bbox [0, 0, Infinity, 1]: [x, y, width, height] was expected",
  ],
  [
    "a negative width",
    truth,
    [{ ...hit, bbox: [9, 9, -4, 4] }],
    "Detection 1 of DT has the bbox [9, 9, -4, 4]: its width and height must not be negative",
  ],
  [
    "a score of NaN",
    truth,
    [{ ...hit, score: NaN }],
    "Detection 1 of DT has the score NaN: a finite number was expected",
  ],
  [
    "an object of no picture",
    withObject({ image_id: undefined }),
    [hit],
    "Annotation 1 of GT has no image_id",
  ],
  [
    "an object of picture NaN",
    withObject({ image_id: NaN }),
    [hit],
    "Annotation 1 of GT has the image_id NaN: a number or text was expected",
  ],
  [
    "a crowd in words",
    withObject({ iscrowd: "0" }),
    [hit],
    'Annotation 1 of GT has the iscrowd "0": 0 or 1 was expected',
  ],
  [
    "a picture without an id",
    { ...truth, images: [{}] },
    [hit],
    "Image 1 of GT has no id",
  ],
  [
    "a category of null",
    { ...truth, categories: [null] },
    [hit],
    "Category 1 of GT is no object",
  ],
  [
    "pictures in words",
    truth,
    [hit, { ...hit, image_id: "1" }, { ...hit, image_id: "2" }],
    'Detection 2 of DT is of image "1", which is none of the true objects\' file, nor are those of 2 in all; "1" is text, the listed id 1 is a number',
  ],
);

function withObject(members: object) {
  return { ...truth, annotations: [{ ...object, ...members }] };
}

for (const [name, gt, dt, expected] of faults) {
  Deno.test(`eval coco names what is wrong: ${name}`, async () => {
    const { message } = await assertRejects(
      () => coco(gt, dt),
      LocRefError,
    );
    const told = message.replace(/".*gt\.json"/, "GT")
      .replace(/".*dt\.json"/, "DT");
    assertEquals(told, expected);
  });
}

Deno.test("masks need segmentations", async () => {
  const { message } = await assertRejects(
    () => coco(truth, [hit], "--type", "segm"),
    LocRefError,
  );
  assertEquals(message.includes("has no segmentation"), true);
});

const square = [10, 10, 30, 10, 30, 30, 10, 30];

/** Scores masks: the object's in true objects of 100 × 100, the detection's beside it. */
async function masks(
  own: unknown,
  found: unknown = [square],
  images: unknown[] = truth.images,
): Promise<number> {
  const gt = { ...withObject({ segmentation: own }), images };
  const dt = [{ image_id: 1, category_id: 1, score: 1, segmentation: found }];
  const printed = await coco(gt, dt, "--type", "segm", "--json");
  return Math.round(1e9 * JSON.parse(printed).AP) / 1e9;
}

Deno.test("a flat list of coordinates is one polygon", async () => {
  assertEquals(await masks(square, square), 1);
  assertEquals(await masks([square], square), 1);
});

for (
  const [name, own, expected] of [
    [
      "points in lists",
      [[[10, 10], [30, 10], [30, 30]]],
      "is a list of points",
    ],
    ["points alone", [[10, 10], [30, 10], [30, 30]], "has 1 points"],
    ["a box", [[10, 10, 20, 20]], "has 2 points"],
    ["half a point", [[...square, 3]], "has 4.5 points"],
    ["text", "[[1, 2]]", 'is "[[1, 2]]"'],
    ["an empty object", {}, "is {}"],
    ["nothing", [], "has no segmentation"],
    ["a coordinate of NaN", [[NaN, ...square.slice(1)]], "coordinate NaN"],
    ["a coordinate in words", [["10", ...square.slice(1)]], 'coordinate "10"'],
    ["coordinates of null", [[null, ...square.slice(1)]], "coordinate null"],
    ["runs without a size", { counts: [1] }, "the size nothing"],
    ["runs without lengths", { size: [100, 100], counts: 3 }, "counts 3"],
    ["half runs", { size: [100, 100], counts: [4, 2.5] }, "count 2.5"],
    [
      "short runs",
      { size: [100, 100], counts: [4, 2] },
      "runs of 6 pixels for 100 × 100",
    ],
    [
      "runs of another size",
      { size: [2, 3], counts: [4, 2] },
      "a mask of 3 × 2 pixels, its image has 100 × 100",
    ],
    [
      "packed runs cut short",
      { size: [100, 100], counts: "o" },
      "ends within a number",
    ],
  ] as [string, unknown, string][]
) {
  Deno.test(`a mask that is none is refused with its number: ${name}`, async () => {
    const { message } = await assertRejects(() => masks(own), LocRefError);
    assertMatch(message, /^Annotation 1 of ".*gt\.json" /);
    assertEquals(message.includes(expected), true, message);
    const other = await assertRejects(
      () => masks([square], own),
      LocRefError,
    );
    assertMatch(other.message, /^Detection 1 of ".*dt\.json" /);
  });
}

Deno.test("polygons need their picture's size, runs bring it", async () => {
  const runs = { size: [100, 100], counts: [1000, 20, 8980] };
  assertEquals(await masks(runs, runs, [{ id: 1 }]), 1);
  const { message } = await assertRejects(
    () => masks([square], [square], [{ id: 1 }]),
    LocRefError,
  );
  assertMatch(message, /has polygons, but image 1 has no width and height/);
  const nan = await assertRejects(
    () => masks([square], [square], [{ id: 1, width: NaN, height: 100 }]),
    LocRefError,
  );
  assertMatch(nan.message, /Image 1 .* has the width NaN/);
});

for (
  const [name, gt, dt, expected] of [
    [
      "objects of pictures in words",
      withObject({ image_id: "1" }),
      [hit],
      /^1 annotation names an image that is not listed .*"1" is text/,
    ],
    [
      "objects of an unknown category",
      withObject({ category_id: 9 }),
      [hit],
      /^1 annotation has a category that is not listed .*: 9, where 1 is listed/,
    ],
    ["categories from 0", truth, [{ ...hit, category_id: 0 }, {
      ...hit,
      category_id: 0,
    }], /^2 detections have a category that is not listed .*numbered from 0\?/],
    ["no objects", { ...truth, annotations: [] }, [hit], /nothing to find/],
    ["no detections", truth, [], /has no detections/],
    [
      "boxes that never meet",
      truth,
      [{ ...hit, bbox: [60, 60, 9, 9] }],
      /^No detection fits/,
    ],
    [
      "boxes as fractions",
      truth,
      [{ ...hit, bbox: [0.1, 0.1, 0.2, 0.2] }],
      /look like fractions/,
    ],
  ] as [string, unknown, unknown, RegExp][]
) {
  Deno.test(`what never meets is said on stderr: ${name}`, async () => {
    const { warnings } = await cocoWithWarnings(gt, dt);
    assertMatch(warnings[0] ?? "", expected);
  });
}

Deno.test("files that fit are scored without a word on stderr", async () => {
  assertEquals((await cocoWithWarnings(truth, [hit])).warnings, []);
});
