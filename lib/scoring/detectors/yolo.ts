import type * as onnxruntime from "onnxruntime-node";
import { readFile } from "node:fs/promises";
import { shorten } from "../../core/quote.ts";
import { importPackage } from "../../core/packages/import_package.ts";
import type { Raster } from "../../images/raster.ts";
import { halfTensor } from "../../ops/half_tensor.ts";
import { sleepingThreads } from "../../ops/onnx/devices.ts";
import type { Size } from "../../core/geometry.ts";
import { letterbox, type LetterboxPlace, letterboxPlace } from "./letterbox.ts";
import type { Detection, Detector } from "../../pipeline/options/rulers.ts";
import { readOnnxMetadata } from "./onnx_metadata.ts";
import type { OpenDetectorOptions } from "./detector_options.ts";
import {
  checkYoloOutput,
  noYolo,
  type YoloForm,
  yoloForm,
} from "./yolo_form.ts";
import { keptBoxes } from "./yolo_nms.ts";

type Ort = typeof onnxruntime;

/**
 * Loads YOLOv8 or YOLO11 as `yolo export format=onnx` writes it, in float32 or float16.
 *
 * Inputs are letterboxed pictures `[batch, 3, H, W]`. Outputs are `[batch, 4 + classes, cells]`:
 * centre, width and height in pixels, then the classes' scores. The file names the classes.
 *
 * @throws {LocRefError} `file-invalid`, with the export command that helps, if the file is no such
 *   model.
 */
export async function loadYolo(
  path: string,
  options: OpenDetectorOptions = {},
): Promise<Detector> {
  const ort = await importPackage("onnxruntime");
  const { session, metadata } = await openFile(path, ort);
  try {
    const names = options.classes;
    const form = yoloForm(session, metadata, { path, names });
    const yolo: Yolo = { ort, session, form };
    if (form.probe) await runYolo([grey(form.size)], yolo);
    return {
      classes: form.classes,
      files: [path],
      async detect(pictures) {
        const found: Detection[][] = [];
        for (let at = 0; at < pictures.length; at += form.batch) {
          const some = pictures.slice(at, at + form.batch);
          found.push(...await runYolo(some, yolo));
        }
        return found;
      },
      dispose: () => session.release(),
    };
  } catch (error) {
    await session.release();
    throw error;
  }
}

/** An open model. */
interface Yolo {
  readonly ort: Ort;
  readonly session: onnxruntime.InferenceSession;
  readonly form: YoloForm;
}

async function openFile(path: string, ort: Ort) {
  const bytes = await readFile(path);
  try {
    const metadata = await readOnnxMetadata(bytes);
    const session = await ort.InferenceSession.create(path, {
      ...sleepingThreads,
      logSeverityLevel: 3,
    });
    return { metadata, session };
  } catch (cause) {
    const why = shorten((cause as Error).message, 200);
    throw noYolo(
      path,
      `it is no ONNX file that onnxruntime reads (${why}); yolo export model=BEST.pt format=onnx makes one`,
      cause,
    );
  }
}

function grey({ width, height }: Size): Raster {
  return { width, height, data: new Uint8Array(4 * width * height).fill(128) };
}

/** Boxes in at most a batch of pictures; a fixed batch is filled up with empty ones. */
async function runYolo(
  pictures: readonly Raster[],
  { ort, session, form }: Yolo,
): Promise<Detection[][]> {
  const { batch, size, half } = form;
  const pixels = 3 * size.height * size.width;
  const values = new Float32Array(batch * pixels);
  for (const [i, picture] of pictures.entries()) {
    values.set(letterbox(picture, size), i * pixels);
  }
  const shape = [batch, 3, size.height, size.width];
  const feed = half
    ? halfTensor(ort, values, shape)
    : new ort.Tensor("float32", values, shape);
  const results = await session.run({ [form.input]: feed });
  const { data, dims } = results[form.output]!;
  checkYoloOutput(dims, form);
  const floats = toFloat32(data);
  if (floats.some(Number.isNaN)) {
    throw noYolo(
      form.path,
      `it returns NaN${half ? ", export it again without half=True" : ""}`,
    );
  }
  const each = floats.length / batch;
  return pictures.map((picture, i) =>
    readCells(
      floats.subarray(i * each, (i + 1) * each),
      dims,
      letterboxPlace(picture, size),
    )
  );
}

/** Half precision comes as numbers or as their bits, by the version of onnxruntime. */
function toFloat32(data: onnxruntime.Tensor["data"]): Float32Array {
  if (data instanceof Float32Array) return data;
  const values = data instanceof Uint16Array
    ? new Float16Array(data.buffer, data.byteOffset, data.length)
    : data;
  return Float32Array.from(values as ArrayLike<number>);
}

/** The boxes of YOLO's output `[rows, cells]` of a picture, as fractions of it, best first. */
export function readCells(
  data: Float32Array,
  dims: readonly number[],
  place: LetterboxPlace,
): Detection[] {
  const [, rows, cells] = dims as [number, number, number];
  const { corners, scores, categories } = keptBoxes(data, { rows, cells });
  return Array.from(scores, (score, i) => {
    const [x0, y0, x1, y1] = corners.subarray(4 * i, 4 * i + 4);
    const box = [x0!, y0!, x1!, y1!] as const;
    return {
      box: toFractions(box, place),
      category: categories[i]!,
      score,
    };
  });
}

/** As Ultralytics' `scale_boxes` since 8.4: each side by what `LetterBox` rounded it to. */
function toFractions(
  [x0, y0, x1, y1]: Detection["box"],
  { left, top, width, height }: LetterboxPlace,
): Detection["box"] {
  const inside = (value: number) => Math.min(1, Math.max(0, value));
  const across = (x: number) => inside((x - left) / width);
  const down = (y: number) => inside((y - top) / height);
  return [across(x0), down(y0), across(x1), down(y1)];
}
