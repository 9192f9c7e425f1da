import { assertEquals } from "@std/assert";
import {
  packCounts,
  rleArea,
  rleOfSegmentation,
  type Segmentation,
} from "../../../../train/dataset/sources/rle.ts";
import { jsonElements } from "../../../../train/dataset/sources/json_elements.ts";
import { dataFile } from "../data.ts";

const expected = JSON.parse(
  await Deno.readTextFile(dataFile("coco/pycocotools.json")),
);

Deno.test("masks of a COCO file are pycocotools' to the last run", async () => {
  let compared = 0;
  const sizes = new Map<number, { width: number; height: number }>();
  for await (const element of jsonElements(dataFile("coco/instances.json"))) {
    const value = JSON.parse(element.text);
    if (element.key === "images") sizes.set(value.id, value);
    if (element.key !== "annotations") continue;
    const { width, height } = sizes.get(value.image_id)!;
    const rle = rleOfSegmentation(value.segmentation, height, width);
    const { counts, area } = expected.annotations[value.id];
    assertEquals(packCounts(rle.counts), counts);
    assertEquals(rleArea(rle), area);
    compared++;
  }
  assertEquals(compared, Object.keys(expected.annotations).length);
});

Deno.test("random polygons, in and outside the picture, are pycocotools' to the last run", () => {
  for (const { size: [height, width], polygons, counts } of expected.polygons) {
    const rle = rleOfSegmentation(polygons as Segmentation, height, width);
    assertEquals(packCounts(rle.counts), counts);
  }
});
