import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import type {
  Detector,
  PictureEncoder,
} from "../../../lib/pipeline/options/rulers.ts";
import { sceneScorer } from "../../../lib/scoring/score_picture.ts";
import { unit } from "../../../lib/scoring/encoders/unit.ts";
import { toDataUrl } from "../../../lib/images/encode.ts";
import {
  blankRaster,
  type Colour,
  type Raster,
} from "../../../lib/images/raster.ts";
import { box } from "../../../lib/scene_data/box.ts";
import { scene } from "../../../lib/scene/begin_scene.ts";

const red: Colour = [255, 0, 0, 255], blue: Colour = [0, 0, 255, 255];

/** Mean colour over black, as a unit vector. */
const colours: PictureEncoder = {
  embed: (pictures) => Promise.resolve(pictures.map(meanColour)),
  dispose: () => Promise.resolve(),
};

function meanColour({ data }: Raster): Float32Array {
  const sum = new Float32Array(3);
  for (let i = 0; i < data.length; i += 4) {
    for (let c = 0; c < 3; c++) sum[c]! += data[i + c]! * data[i + 3]! / 255;
  }
  return unit(sum);
}

function seeing(...boxes: [number, number, number, number][]): Detector {
  return {
    classes: ["thing"],
    detect: (pictures) =>
      Promise.resolve(
        pictures.map(() =>
          boxes.map((box) => ({ box, category: 0, score: 0.9 }))
        ),
      ),
    dispose: () => Promise.resolve(),
  };
}

async function twoHalves() {
  const [left, right] = await Promise.all(
    [red, blue].map((colour) => toDataUrl(blankRaster(8, 8, colour))),
  );
  return scene(100, 100).caption("two")
    .place(left!, box.xyxy(0, 0, 50, 100))
    .place(right!, box.xyxy(50, 0, 100, 100)).toJSON();
}

/** Red on the left, blue on the right. */
function redAndBlue(): Raster {
  const raster = blankRaster(16, 16, red);
  for (let i = 0; i < raster.data.length; i += 4) {
    if ((i / 4) % 16 >= 8) raster.data.set(blue, i);
  }
  return raster;
}

Deno.test("each box is compared with its own reference, and with the others for leakage", async () => {
  const score = await sceneScorer(await twoHalves(), { encoder: colours });
  const right = await score(redAndBlue());
  for (const one of right.instances) {
    assertAlmostEquals(one.clipI!, 1, 1e-5);
    assertAlmostEquals(one.leakage!, 0, 1e-5);
    assertEquals(one.iou, undefined);
  }
  const allRed = await score(blankRaster(16, 16, red));
  assertAlmostEquals(allRed.instances[1]!.clipI!, 0, 1e-5);
  assertAlmostEquals(allRed.instances[1]!.leakage!, 1, 1e-5);
});

Deno.test("the detection that fits best gives the IoU, and 0.5 of it is success", async () => {
  const detector = seeing([0, 0, 0.5, 0.8], [0.8, 0, 1, 1]);
  const score = await sceneScorer(await twoHalves(), { detector });
  const { instances } = await score(redAndBlue());
  assertAlmostEquals(instances[0]!.iou!, 0.8, 1e-6);
  assert(instances[0]!.success);
  assertAlmostEquals(instances[1]!.iou!, 0.4, 1e-6);
  assert(!instances[1]!.success);
});

Deno.test("where classes are known, detections of others are no hits", async () => {
  const detector = seeing([0, 0, 0.5, 1], [0.5, 0, 1, 1]);
  const score = await sceneScorer(await twoHalves(), { detector }, {
    categories: [0, 1],
  });
  const { instances } = await score(redAndBlue());
  assertEquals(instances.map(({ iou }) => iou), [1, 0]);
});

Deno.test("a reference's transparent ground counts only as given", async () => {
  const reference = blankRaster(8, 8, [0, 0, 255, 0]);
  for (let i = 0; i < 128; i += 4) reference.data.set(red, i);
  const data = scene(100, 100)
    .place(await toDataUrl(reference), box.xyxy(0, 0, 100, 100)).toJSON();
  const score = await sceneScorer(data, { encoder: colours });
  const { instances: [one] } = await score(blankRaster(4, 4, red));
  assertAlmostEquals(one!.clipICutOut!, 1, 1e-5);
  assert(one!.clipI! < 0.8, String(one!.clipI));
});

Deno.test("an instance whose pixels stay keeps its score, whatever a detector sees elsewhere", async () => {
  let width = 0.5;
  const detector: Detector = {
    ...seeing(),
    detect: () =>
      Promise.resolve([[
        { box: [0, 0, width, 1], category: 0, score: 0.9 },
        { box: [width, 0, 1, 1], category: 0, score: 0.9 },
      ]]),
  };
  const score = await sceneScorer(await twoHalves(), {
    ...{ detector, encoder: colours },
  });
  const picture = redAndBlue();
  const before = { picture, scores: await score(picture) };
  width = 0.4;
  const other = { ...picture, data: picture.data.slice() };
  other.data.set([0, 255, 0, 255], 4 * 12);
  const after = await score(other, before);
  assertEquals(after.instances[0], before.scores.instances[0]);
  assert(after.instances[1]!.iou! < before.scores.instances[1]!.iou!);
  assert(after.instances[1]!.clipI! < before.scores.instances[1]!.clipI!);
  // without the former picture all is measured
  assert((await score(other)).instances[0]!.iou! < 1);
});
