import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { cocoEval } from "../../../eval/coco/coco_eval.ts";
import type { CocoGroundTruth } from "../../../eval/coco/coco_types.ts";
import { exportCoco } from "../../../train/dataset/export/export_coco.ts";
import { exportYolo } from "../../../train/dataset/export/export_yolo.ts";
import { openDataset } from "../../../train/dataset/read/open_dataset.ts";
import {
  rleArea,
  rleOfSegmentation,
} from "../../../train/dataset/sources/rle.ts";
import { withTempDir } from "../temp_dir.ts";
import { build, coco, cocoOf, dataFile, filesIn } from "./data.ts";

async function readCoco(path: string): Promise<CocoGroundTruth> {
  return JSON.parse(await Deno.readTextFile(path));
}

Deno.test("COCO's evaluation finds every exported box and mask", async () => {
  await withTempDir(async (dir) => {
    await build(await coco(), join(dir, "set"));
    await exportCoco(join(dir, "set"), join(dir, "coco"));
    const truth = await readCoco(join(dir, "coco/instances_train.json"));
    const { lines } = await openDataset(join(dir, "set"));
    const instances = lines.flatMap(({ categories }) => categories).length;
    assertEquals(truth.annotations.length, instances);
    const found = truth.annotations.map((one) => ({ ...one, score: 0.9 }));
    for (const type of ["bbox", "segm"] as const) {
      assertEquals(cocoEval(truth, found, { type }).scores.AP, 1);
    }
  });
});

Deno.test("an exported mask is the original's, cut and scaled with the picture", async () => {
  await withTempDir(async (dir) => {
    await build(await coco(), join(dir, "set"));
    await exportCoco(join(dir, "set"), join(dir, "coco"));
    const { annotations } = await readCoco(
      join(dir, "coco/instances_train.json"),
    );
    const dataset = await openDataset(join(dir, "set"));
    let compared = 0;
    for (let i = 0; i < dataset.lines.length; i++) {
      const { sample } = await dataset.read(i);
      const { crop: [left, top, side], width, height } = sample.source;
      for (const { id, area, original } of sample.instances) {
        const [x, y, w, h] = original.box as [number, number, number, number];
        const whole = x >= left && y >= top && x + w <= left + side &&
          y + h <= top + side;
        const exported = annotations.find((one) =>
          String((one as unknown as { source_id: string }).source_id) === id
        )!;
        const mask = rleOfSegmentation(exported.segmentation!, 64, 64);
        assertEquals(rleArea(mask), exported.area);
        const expected = area * (64 / side) ** 2;
        if (!whole || width < 64 || height < 64 || expected < 100) continue;
        assert(Math.abs(exported.area / expected - 1) < 0.1, `${id}`);
        compared++;
      }
    }
    assert(compared > 5, `${compared}`);
  });
});

Deno.test("an instance without a mask is exported with its box as the polygon", async () => {
  await withTempDir(async (dir) => {
    const content = JSON.parse(
      await Deno.readTextFile(dataFile("coco/instances.json")),
    );
    for (const annotation of content.annotations) annotation.segmentation = [];
    await build(await cocoOf(dir, content), join(dir, "set"));
    await exportCoco(join(dir, "set"), join(dir, "coco"));
    const { annotations } = await readCoco(
      join(dir, "coco/instances_train.json"),
    );
    for (const { segmentation, bbox } of annotations) {
      const [polygon] = segmentation as number[][];
      const [x, y, w, h] = bbox as [number, number, number, number];
      assertEquals(polygon!.slice(0, 2), [x, y]);
      assert(
        Math.abs(polygon![4]! - x - w) + Math.abs(polygon![5]! - y - h) < 2e-3,
      );
    }
  });
});

Deno.test("each split has its own file, and both number the classes alike", async () => {
  await withTempDir(async (dir) => {
    await build(await coco(), join(dir, "set"), { validation: 0.5, seed: 3 });
    await exportCoco(join(dir, "set"), join(dir, "coco"));
    const train = await readCoco(join(dir, "coco/instances_train.json"));
    const held = await readCoco(join(dir, "coco/instances_validation.json"));
    assertEquals(train.categories, held.categories);
    const { lines } = await openDataset(join(dir, "set"));
    assertEquals(train.images.length + held.images.length, lines.length);
    assert(train.images.length > 0 && held.images.length > 0);
  });
});

Deno.test("YOLO's labels hold every instance, by its centre and size", async () => {
  await withTempDir(async (dir) => {
    await build(await coco(), join(dir, "set"));
    await exportYolo(join(dir, "set"), join(dir, "yolo"));
    const files = await filesIn(join(dir, "yolo"));
    const names = [
      ...new TextDecoder().decode(files["data.yaml"]).matchAll(/\d+: "(.*)"/g),
    ].map(([, name]) => name);
    const dataset = await openDataset(join(dir, "set"));
    for (let i = 0; i < dataset.lines.length; i++) {
      const { sample } = await dataset.read(i);
      const text = new TextDecoder().decode(
        files[`labels/train/${sample.key}.txt`],
      );
      const rows = text.trim().split("\n").map((row) =>
        row.split(" ").map(Number)
      );
      assertEquals(rows.length, sample.instances.length);
      rows.forEach(([label, x, y, w, h], n) => {
        const { category, box_xyxy_fraction: box } = sample.instances[n]!;
        assertEquals(names[label!], category);
        const corners = [x! - w! / 2, y! - h! / 2, x! + w! / 2, y! + h! / 2];
        corners.forEach((v, k) => assert(Math.abs(v - box[k]!) < 2e-6));
      });
    }
  });
});
