/**
 * YOLO's letterbox and suppression beside OpenCV's resize and torchvision's NMS, called as
 * Ultralytics calls them: `tests/data/yolo/expected.py` wrote the numbers.
 */

import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { letterbox } from "../../../lib/scoring/detectors/letterbox.ts";
import { keptBoxes } from "../../../lib/scoring/detectors/yolo_nms.ts";
import { blankRaster } from "../../../lib/images/raster.ts";

const expected = JSON.parse(
  await Deno.readTextFile(
    new URL("../../data/yolo/expected.json", import.meta.url),
  ),
);

Deno.test("the boxes that remain are torchvision's, in their order, to the last bit", () => {
  const boxes: number[][] = expected.boxes;
  const cells = boxes.length, rows = 84;
  const data = new Float32Array(rows * cells);
  for (const [cell, box] of boxes.entries()) {
    for (const [i, value] of box.entries()) data[i * cells + cell] = value;
  }
  for (const [cell, kind, score] of expected.scores as number[][]) {
    data[(4 + kind!) * cells + cell!] = score!;
  }
  const { corners, scores, categories } = keptBoxes(data, { rows, cells });
  const kept = Array.from(
    scores,
    (score, i) => [
      ...corners.subarray(4 * i, 4 * i + 4),
      score,
      categories[i]!,
    ],
  );
  assertEquals(kept, expected.kept);
});

for (const { side, pixels } of expected.letterboxes) {
  Deno.test(`a letterbox of ${side} pixels is OpenCV's to one level`, () => {
    const { width, height } = expected.picture;
    const source = Buffer.from(expected.picture.pixels, "base64");
    const picture = blankRaster(width, height, [0, 0, 0, 255]);
    for (let i = 0; i < width * height; i++) {
      picture.data.set(source.subarray(3 * i, 3 * i + 3), 4 * i);
    }
    const planes = letterbox(picture, { width: side, height: side });
    const wanted = Buffer.from(pixels, "base64");
    const cells = side * side;
    for (let i = 0; i < cells; i++) {
      for (let c = 0; c < 3; c++) {
        const level = planes[c * cells + i]! * 255;
        const difference = Math.abs(level - wanted[3 * i + c]!);
        assert(difference < 1.01, `pixel ${i}, channel ${c}: ${difference}`);
      }
    }
  });
}
