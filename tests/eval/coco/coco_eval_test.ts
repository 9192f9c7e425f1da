import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { cocoEval, cocoMatching } from "../../../eval/coco/coco_eval.ts";
import type {
  CocoDetection,
  CocoGroundTruth,
} from "../../../eval/coco/coco_types.ts";
import {
  packCounts,
  rleOfSegmentation,
} from "../../../train/dataset/sources/rle.ts";

const data = new URL("../../data/cocoeval/", import.meta.url);

async function read(name: string) {
  return JSON.parse(await Deno.readTextFile(new URL(name, data)));
}

Deno.test("COCO's published example gives pycocotools' twelve numbers", async () => {
  const { scores } = cocoEval(
    await read("instances_val2014_100.json"),
    await read("fakebbox100.json"),
  );
  const { bbox } = await read("expected.json");
  for (const [key, expected] of Object.entries(bbox)) {
    assertAlmostEquals(
      scores[key as keyof typeof scores],
      expected as number,
      1e-9,
      key,
    );
  }
});

const square: CocoGroundTruth = {
  images: [{ id: 1, width: 100, height: 100 }, {
    id: 2,
    width: 100,
    height: 100,
  }],
  categories: [{ id: 7, name: "square" }],
  annotations: [
    {
      id: 1,
      image_id: 1,
      category_id: 7,
      bbox: [10, 10, 40, 40],
      area: 1600,
      segmentation: [[10, 10, 50, 10, 50, 50, 10, 50]],
    },
    {
      id: 2,
      image_id: 2,
      category_id: 7,
      bbox: [0, 0, 90, 90],
      area: 8100,
      iscrowd: 1,
    },
  ],
};

Deno.test("a perfect detection scores 1 and absent sizes score -1", () => {
  const box = {
    image_id: 1,
    category_id: 7,
    bbox: [10, 10, 40, 40],
    score: 0.9,
  };
  const { scores } = cocoEval(square, [box]);
  assertAlmostEquals(scores.AP, 1, 1e-12);
  assertEquals([scores.APs, scores.APl], [-1, -1]);
});

Deno.test("a detection inside a crowd counts neither as right nor as wrong", () => {
  const right = {
    image_id: 1,
    category_id: 7,
    bbox: [10, 10, 40, 40],
    score: 0.5,
  };
  const crowd = {
    image_id: 2,
    category_id: 7,
    bbox: [20, 20, 10, 10],
    score: 0.9,
  };
  assertAlmostEquals(cocoEval(square, [right, crowd]).scores.AP, 1, 1e-12);
});

Deno.test("without detections every average precision is 0", () => {
  assertEquals(cocoEval(square, []).scores.AP, 0);
});

Deno.test("masks are compared by their pixels", () => {
  const segmentation = {
    size: [100, 100],
    counts: packCounts(
      rleOfSegmentation([[10, 10, 50, 10, 50, 50, 10, 50]], 100, 100).counts,
    ),
  };
  const detection = { image_id: 1, category_id: 7, score: 1, segmentation };
  const truth = { ...square, annotations: square.annotations.slice(0, 1) };
  assertAlmostEquals(
    cocoEval(truth, [detection], { type: "segm" }).scores.AP,
    1,
    1e-12,
  );
});

Deno.test("40,000 boxes in 5,000 images take seconds", () => {
  const images = Array.from({ length: 5000 }, (_, id) => ({ id: id + 1 }));
  const annotations = Array.from({ length: 40_000 }, (_, i) => ({
    id: i + 1,
    image_id: 1 + i % 5000,
    category_id: 1 + i % 80,
    bbox: [
      (i * 37) % 300,
      (i * 91) % 300,
      20 + (i * 13) % 150,
      20 + (i * 7) % 150,
    ],
    area: (20 + (i * 13) % 150) * (20 + (i * 7) % 150),
  }));
  const categories = Array.from({ length: 80 }, (_, i) => ({ id: i + 1 }));
  const detections = annotations.map(({ image_id, category_id, bbox }, i) => ({
    image_id,
    category_id,
    bbox: bbox.map((value, j) => value + ((i + j) % 9)),
    score: ((i * 7919) % 1000) / 1000,
  }));
  const start = performance.now();
  const { scores } = cocoEval({ images, annotations, categories }, detections);
  assert(scores.AP > 0 && scores.AP < 1);
  assert(performance.now() - start < 20_000);
});

for (const [width, AP] of [[17, 0.8], [18, 0.9]] as const) {
  Deno.test(`an IoU of ${width / 20} reaches numpy's threshold of ${width / 20}`, () => {
    const bbox = [0, 0, 20, 100];
    const object = { ...square.annotations[0]!, bbox, area: 2000 };
    const truth = { ...square, annotations: [object] };
    const found = { ...object, bbox: [0, 0, width, 100], score: 1 };
    assertAlmostEquals(cocoEval(truth, [found]).scores.AP, AP, 1e-12);
  });
}

Deno.test("AP over some images, one of them twice, is that of a set of just those", async () => {
  const truth: CocoGroundTruth = await read("instances_val2014_100.json");
  const found: CocoDetection[] = await read("fakebbox100.json");
  const ids = truth.images.map(({ id }) => id as number).sort((a, b) => a - b);
  const chosen = [40, 3, 7, 3, 99, 0, 41, 42];
  const copied = <T extends { image_id: number | string }>(all: readonly T[]) =>
    chosen.flatMap((n, image_id) =>
      all.filter((one) => one.image_id === ids[n])
        .map((one) => ({ ...one, image_id }))
    );
  const expected = cocoEval({
    ...truth,
    images: chosen.map((_, id) => ({ id })),
    annotations: copied(truth.annotations),
  }, copied(found)).scores;
  const { AP, AP50 } = cocoMatching(truth, found).averagePrecision(chosen);
  assertEquals({ AP, AP50 }, { AP: expected.AP, AP50: expected.AP50 });
});
