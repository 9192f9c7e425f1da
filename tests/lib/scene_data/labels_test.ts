import { assertEquals, assertThrows } from "@std/assert";
import { cocoLabels, yoloLabels } from "../../../lib/scene_data/labels.ts";
import { box } from "../../../lib/scene_data/box.ts";
import { scene } from "../../../lib/scene/begin_scene.ts";

const pair = scene()
  .place("assets/my%20star.png", box.fraction(0.25, 0.5, 0.75, 1))
  .place("cat.jpg", box.percent(0, 0, 50, 25), { caption: "A tabby cat" })
  .toJSON();

Deno.test("labels in COCO's format are the asked boxes in pixels of the picture", () => {
  assertEquals(cocoLabels(pair, { width: 64, height: 32 }), [
    { bbox: [16, 16, 32, 16], area: 512, iscrowd: 0, category: "my star" },
    { bbox: [0, 0, 32, 8], area: 256, iscrowd: 0, category: "tabby cat" },
  ]);
});

Deno.test("labels in YOLO's format are class, centre and size", () => {
  assertEquals(
    yoloLabels(pair, ["tabby cat", "my star"]),
    "1 0.500000 0.750000 0.500000 0.500000\n0 0.250000 0.125000 0.500000 0.250000\n",
  );
  assertThrows(
    () => yoloLabels(pair, ["dog"]),
    RangeError,
    'Instance 1 is a "my star"',
  );
});
