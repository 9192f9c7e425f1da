/** `eval coco` on files that are right and on files that are not. */

import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { main } from "../../eval/coco_command.ts";
import { LocRefError } from "../../lib/error.ts";
import { withTempDir } from "../train/temp_dir.ts";

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

/** Runs the command on two files and answers what it printed. */
async function coco(
  gt: unknown,
  dt: unknown,
  ...more: string[]
): Promise<string> {
  const lines: string[] = [];
  const { log } = console;
  await withTempDir(async (dir) => {
    const paths = [join(dir, "gt.json"), join(dir, "dt.json")] as const;
    await Deno.writeTextFile(paths[0], JSON.stringify(gt));
    await Deno.writeTextFile(paths[1], JSON.stringify(dt));
    console.log = (line: string) => lines.push(line);
    try {
      await main(["--gt", paths[0], "--dt", paths[1], ...more]);
    } finally {
      console.log = log;
    }
  });
  return lines.join("\n");
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
    "Detection 2 of DT has the bbox [1,2,3]: [x, y, width, height] was expected",
  ],
  [
    "a score in words",
    truth,
    [{ ...hit, score: "0.5" }],
    "Detection 1 of DT has no score",
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
