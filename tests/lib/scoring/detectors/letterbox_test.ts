import { assertAlmostEquals, assertEquals } from "@std/assert";
import {
  letterbox,
  letterboxPlace,
} from "../../../../lib/scoring/detectors/letterbox.ts";
import { blankRaster } from "../../../../lib/images/raster.ts";

const square = { width: 640, height: 640 };

// Ultralytics' LetterBox: r = min(640/h, 640/w); round(w r), round(h r); round(d − 0.1) before
const known = [
  { h: 427, w: 640, place: [1, 0, 106, 640, 427] },
  { h: 480, w: 640, place: [1, 0, 80, 640, 480] },
  { h: 640, w: 427, place: [1, 106, 0, 427, 640] },
  { h: 333, w: 1280, place: [0.5, 0, 237, 640, 166] },
  { h: 100, w: 50, place: [6.4, 160, 0, 320, 640] },
] as const;

for (const { h, w, place } of known) {
  Deno.test(`a picture of ${w} × ${h} lies where Ultralytics puts it`, () => {
    const { ratio, left, top, width, height } = letterboxPlace(
      { width: w, height: h },
      square,
    );
    assertEquals([ratio, left, top, width, height], [...place]);
  });
}

Deno.test("around the picture is grey of 114, within it the picture", () => {
  const red = blankRaster(40, 20, [255, 0, 0, 255]);
  const planes = letterbox(red, { width: 8, height: 8 });
  const at = (c: number, x: number, y: number) => planes[c * 64 + y * 8 + x]!;
  assertAlmostEquals(at(0, 3, 0), 114 / 255, 1e-6);
  assertAlmostEquals(at(1, 3, 7), 114 / 255, 1e-6);
  assertEquals([at(0, 3, 4), at(1, 3, 4), at(2, 3, 4)], [1, 0, 0]);
});
