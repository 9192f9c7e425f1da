/** COCOeval beside Python's; left out where these packages are not installed. */

import { assert, assertAlmostEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { cocoEval } from "../../eval/coco/coco_eval.ts";
import type {
  CocoAnnotation,
  CocoDetection,
  CocoGroundTruth,
} from "../../eval/coco/coco_types.ts";
import {
  packCounts,
  rleOfSegmentation,
} from "../../train/dataset/sources/rle.ts";
import { random } from "../../lib/core/random.ts";

const python = fromFileUrl(
  new URL("../../.cache/bench/venv/bin/python", import.meta.url),
);

/** The twelve numbers of every set in a file, boxes then masks. */
const evaluators = {
  pycocotools: `
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval`,
  faster_coco_eval: `
from faster_coco_eval import COCO, COCOeval_faster as COCOeval`,
};

const evaluation = `
import contextlib, copy, io, json, logging, sys
logging.disable(logging.CRITICAL)
def load(dataset):
    coco = COCO()
    coco.dataset = copy.deepcopy(dataset)
    coco.createIndex()
    return coco
answers = []
with contextlib.redirect_stdout(io.StringIO()):
    for truth, found in json.load(open(sys.argv[1])):
        for kind in "bbox", "segm":
            fields = ["image_id", "category_id", "score", "bbox" if kind == "bbox" else "segmentation"]
            objects = load(truth)
            run = COCOeval(objects, objects.loadRes([{k: one[k] for k in fields} for one in found]), kind)
            run.evaluate(); run.accumulate(); run.summarize()
            answers.append([float(x) for x in run.stats[:12]])
print(json.dumps(answers))
`;

async function runPython(code: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(python, {
    args: ["-c", code, ...args],
    env: { PYTHONWARNINGS: "ignore" },
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim().split("\n").at(-1)!;
}

async function has(module: string): Promise<boolean> {
  try {
    await runPython(`import ${module}`);
    return true;
  } catch {
    return false;
  }
}

const side = 400;

type Box = readonly [number, number, number, number];

function triangle([x, y, width, height]: Box): number[] {
  return [x, y, x + width, y + height / 3, x + width / 2, y + height];
}

/** Few categories and coarse scores, so that images lack objects, and scores and boxes tie. */
function randomSet(seed: number): [CocoGroundTruth, CocoDetection[]] {
  const draw = random(seed, "coco");
  const images = Array.from({ length: 2 + draw.integer(6) }, (_, i) => ({
    id: 10 * (i + 1),
    width: side,
    height: side,
  }));
  const categories = [{ id: 3 }, { id: 1 }, { id: 90 }];
  const box = (): Box => [
    draw.integer(side / 2),
    draw.integer(side / 2),
    1 + draw.integer(draw.integer(2) === 0 ? 40 : side / 2),
    1 + draw.integer(draw.integer(2) === 0 ? 40 : side / 2),
  ];
  const place = () => ({
    image_id: images[draw.integer(images.length)]!.id,
    category_id: categories[draw.integer(3)]!.id,
  });
  const annotations = Array.from(
    { length: 1 + draw.integer(30) },
    (_, i): CocoAnnotation => {
      const bbox = box();
      const area = bbox[2] * bbox[3] / 2 + (draw.integer(9) === 0 ? 0.25 : 0);
      return {
        ...{ id: i + 1, ...place(), bbox, area },
        iscrowd: draw.integer(5) === 0 ? 1 : 0,
        segmentation: [triangle(bbox)],
      };
    },
  );
  const found = Array.from({ length: 1 + draw.integer(150) }, () => {
    const truth = annotations[draw.integer(annotations.length)]!;
    const near = draw.integer(3) > 0;
    const [x, y, width, height] = near ? truth.bbox as Box : box();
    const bbox: Box = [
      x + draw.integer(5),
      y + draw.integer(5),
      Math.max(1, width - draw.integer(8)),
      height + draw.integer(8),
    ];
    const { counts } = rleOfSegmentation([triangle(bbox)], side, side);
    return {
      ...(near
        ? { image_id: truth.image_id, category_id: truth.category_id }
        : place()),
      bbox,
      score: draw.integer(20) / 20,
      segmentation: { size: [side, side], counts: packCounts(counts) },
    };
  });
  return [{ images, annotations, categories }, found as CocoDetection[]];
}

for (const [name, code] of Object.entries(evaluators)) {
  Deno.test({
    name: `random sets with crowds, ties and empty images score as in ${name}`,
    ignore: !await has(name),
    async fn() {
      const sets = Array.from({ length: 200 }, (_, i) => randomSet(i));
      const folder = await Deno.makeTempDir();
      try {
        const path = join(folder, "sets.json");
        await Deno.writeTextFile(path, JSON.stringify(sets));
        const answers = JSON.parse(await runPython(code + evaluation, path));
        for (const [i, [truth, found]] of sets.entries()) {
          for (const [k, type] of (["bbox", "segm"] as const).entries()) {
            const { scores } = cocoEval(truth, found, { type });
            const expected: number[] = answers[2 * i + k];
            for (const [n, [key, value]] of Object.entries(scores).entries()) {
              const where = `set ${i}, ${type}, ${key}`;
              assertAlmostEquals(value, expected[n]!, 1e-9, where);
            }
          }
        }
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}
