import type * as onnxruntime from "onnxruntime-node";
import { readFile } from "node:fs/promises";
import { LocRefError } from "../lib/error.ts";
import { importPackage } from "../lib/core/packages/import_package.ts";
import type { Size } from "../lib/ops/ops.ts";
import { letterbox, type LetterboxPlace, letterboxPlace } from "./letterbox.ts";
import type { Detection } from "./nms.ts";
import { readOnnxMetadata } from "./onnx_metadata.ts";
import type { OpenDetectorOptions } from "./open_detector.ts";
import type { Detector } from "./rulers.ts";
import { keptBoxes } from "./yolo_nms.ts";

type Ort = typeof onnxruntime;

/**
 * Loads YOLOv8 or YOLO11 as `yolo export format=onnx` writes it: a letterboxed picture
 * `[1, 3, H, W]` in, `[1, 4 + classes, cells]` out (centre, width and height in pixels, then the
 * scores of the classes). Names of the classes come from the file.
 *
 * @throws {LocRefError} `file-invalid` if the file is no such model.
 */
export async function loadYolo(
  path: string,
  options: OpenDetectorOptions = {},
): Promise<Detector> {
  const ort = await importPackage("onnxruntime");
  const metadata = await readOnnxMetadata(await readFile(path));
  const session = await ort.InferenceSession.create(path, {
    logSeverityLevel: 3,
  });
  const size = inputSize(session, metadata, path);
  const classes = options.classes ?? classNames(metadata.get("names"));
  return {
    classes,
    files: [path],
    async detect(pictures) {
      const found: Detection[][] = [];
      for (const picture of pictures) {
        const values = letterbox(picture, size);
        const shape = [1, 3, size.height, size.width];
        const results = await session.run({
          [session.inputNames[0]!]: new ort.Tensor("float32", values, shape),
        });
        const { data, dims } = results[session.outputNames[0]!]!;
        checkOutput(dims, classes.length, path);
        const place = letterboxPlace(picture, size);
        found.push(readCells(data as Float32Array, dims, place));
      }
      return found;
    },
    dispose: () => session.release(),
  };
}

function inputSize(
  session: onnxruntime.InferenceSession,
  metadata: ReadonlyMap<string, string>,
  path: string,
): Size {
  const [input] = session.inputMetadata;
  const shape = input?.isTensor ? input.shape : [];
  if (session.inputMetadata.length !== 1 || shape.length !== 4) {
    throw new LocRefError(
      "file-invalid",
      `${path} is no YOLO: it reads [${
        shape.join(", ")
      }], one picture [1, 3, height, width] was expected`,
    );
  }
  const [height, width] = shape.slice(2);
  if (typeof height === "number" && typeof width === "number" && height > 0) {
    return { height, width };
  }
  // exported with dynamic=True: the size that it was trained with
  const [h = 640, w = h] = JSON.parse(metadata.get("imgsz") ?? "[640]");
  return { height: h, width: w };
}

/** The names in what Python prints of a dictionary: `{0: 'person', 1: 'bicycle'}`. */
function classNames(printed = ""): string[] {
  const names: string[] = [];
  const entry = /(\d+):\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/g;
  for (const [, index, single, double] of printed.matchAll(entry)) {
    names[Number(index)] = (single ?? double)!.replace(/\\(.)/g, "$1");
  }
  return names;
}

function checkOutput(
  dims: readonly number[],
  classes: number,
  path: string,
): void {
  const rows = dims[1];
  if (dims.length === 3 && dims[0] === 1 && rows === 4 + classes) return;
  throw new LocRefError(
    "file-invalid",
    `${path} answers [${dims.join(", ")}], [1, ${
      4 + classes
    }, cells] was expected of ${classes} classes: export it without NMS, and give the names of its classes if they are not in the file`,
  );
}

/** What YOLO's answer `[1, rows, cells]` says of a picture, boxes as fractions of it, best first. */
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
