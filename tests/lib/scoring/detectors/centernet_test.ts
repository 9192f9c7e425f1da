import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { dirname, fromFileUrl, join } from "@std/path";
import type * as tfjs from "@tensorflow/tfjs";
import sharp from "sharp";
import { cocoEval } from "../../../../eval/coco/coco_eval.ts";
import type {
  CocoDetection,
  CocoGroundTruth,
} from "../../../../eval/coco/coco_types.ts";
import { fetchCenterNet } from "../../../../lib/scoring/detectors/fetch_centernet.ts";
import { openDetector } from "../../../../lib/scoring/detectors/open_detector.ts";
import { decodeImage } from "../../../../lib/images/decode.ts";
import { openTfjs } from "../../../../lib/ops/tfjs/runtime.ts";

const data = fromFileUrl(new URL("../../../data/coco/", import.meta.url));
const truth: CocoGroundTruth = JSON.parse(
  await Deno.readTextFile(join(data, "instances.json")),
);
const photographs = truth.images as { id: number; file_name: string }[];

/** The model's file where the package is installed; tests fetch nothing. */
const installed = fromFileUrl(
  new URL(
    "../../node_modules/.deno/@vladmandic+human@3.3.6/node_modules",
    import.meta.url,
  ),
);
const ignore = await Deno.stat(installed).then(() => false, () => true);

/** Id of a category in the annotations' file. */
function idOf(name: string): number | undefined {
  return truth.categories.find((one) => one.name === name)?.id;
}

/** An object in pixels of its photograph. */
interface Found {
  readonly box: readonly number[];
  readonly category: number;
  readonly score: number;
}

async function ours(): Promise<{ found: Found[][]; classes: string[] }> {
  const detector = await openDetector("centernet", { backend: "wasm" });
  const found: Found[][] = [];
  for (const { file_name } of photographs) {
    const picture = await decodeImage(join(data, "images", file_name));
    const { width, height } = picture;
    const [objects] = await detector.detect([picture]);
    found.push(objects!.map(({ box: [x0, y0, x1, y1], ...one }) => ({
      ...one,
      box: [x0 * width, y0 * height, x1 * width, y1 * height],
    })));
  }
  await detector.dispose();
  return { found, classes: [...detector.classes] };
}

/** The graph as TensorFlow.js's own functions run it: its own file reader, NMS class by class. */
async function independent(): Promise<Found[][]> {
  const tf = await openTfjs("wasm");
  const path = await fetchCenterNet();
  const json = JSON.parse(await Deno.readTextFile(path));
  const bin = await Deno.readFile(join(dirname(path), "centernet.bin"));
  const [{ weights }] = json.weightsManifest;
  const model = await tf.loadGraphModel(tf.io.fromMemory({
    modelTopology: json.modelTopology,
    weightSpecs: weights,
    weightData: bin.buffer,
  }));
  const found: Found[][] = [];
  for (const { file_name } of photographs) {
    const file = join(data, "images", file_name);
    const pixels = await sharp(file).removeAlpha().toColourspace("srgb")
      .resize(512, 512, { fit: "fill", kernel: "cubic" }).raw().toBuffer();
    const { width, height } = await sharp(file).metadata();
    const input = tf.tensor4d([...pixels], [1, 512, 512, 3]);
    const rows = model.execute(input, "tower_0/detections") as tfjs.Tensor3D;
    const [values] = await rows.array();
    found.push(await classByClass(tf, values!, [width / 512, height / 512]));
    tf.dispose([input, rows]);
  }
  model.dispose();
  return found;
}

async function classByClass(
  tf: typeof tfjs,
  rows: number[][],
  [across, down]: readonly [number, number],
): Promise<Found[]> {
  const found: Found[] = [];
  const classes = new Set(rows.map((row) => row[5]!));
  for (const category of classes) {
    const own = rows.filter((row) => row[5] === category);
    const boxes = own.map(([x0, y0, x1, y1]) => [y0!, x0!, y1!, x1!]);
    const scores = own.map((row) => row[4]!);
    const kept = await tf.image.nonMaxSuppressionAsync(boxes, scores, 100, 0.4);
    for (const i of await kept.data()) {
      const [x0, y0, x1, y1] = own[i]!.slice(0, 4).map((edge) =>
        Math.min(512, Math.max(0, edge))
      );
      const box = [x0! * across, y0! * down, x1! * across, y1! * down];
      found.push({ box, category, score: own[i]![4]! });
    }
  }
  return found;
}

function results(
  found: Found[][],
  classes: readonly string[],
): CocoDetection[] {
  return found.flatMap((objects, i) =>
    objects.flatMap(({ box: [x0, y0, x1, y1], category, score }) => {
      const category_id = idOf(classes[category]!);
      const bbox = [x0!, y0!, x1! - x0!, y1! - y0!];
      const image_id = photographs[i]!.id;
      return category_id === undefined
        ? []
        : [{ image_id, category_id, score, bbox }];
    })
  );
}

Deno.test({
  name: "CenterNet scores on photographs what TensorFlow.js alone makes of it",
  ignore,
  fn: async () => {
    const { found, classes } = await ours();
    assertEquals(classes.length, 80);
    const other = await independent();
    const [a, b] = [found, other].map((each) =>
      cocoEval(truth, results(each, classes)).scores
    );
    for (const key of ["AP", "AP50", "AR100"] as const) {
      assertAlmostEquals(a![key], b![key], 1e-6, key);
    }
    assert(a!.AP50 > 0.2, `AP50 is ${a!.AP50}`);
  },
});
