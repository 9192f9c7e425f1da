/** Whether an ONNX file is a YOLO that can be fed and read, decided when it is opened. */

import { counted } from "../../core/counted.ts";
import type * as onnxruntime from "onnxruntime-node";
import { quote } from "../../core/quote.ts";
import { LocRefError } from "../../core/error.ts";
import type { Size } from "../../core/geometry.ts";
import { yoloNames } from "./yolo_names.ts";

type Session = onnxruntime.InferenceSession;
type Metadata = onnxruntime.InferenceSession.ValueMetadata;
type TensorMetadata = Extract<Metadata, { isTensor: true }>;

/** How a YOLO is fed and read. */
export interface YoloForm {
  readonly path: string;
  readonly input: string;
  readonly output: string;
  /** Whether it reads float16. */
  readonly half: boolean;
  /** Pictures of one run: 1, or what the export fixed. */
  readonly batch: number;
  readonly size: Size;
  readonly classes: readonly string[];
  /** Whether the shape of its output is only known after a run. */
  readonly probe: boolean;
}

/** The end of messages: what makes a file of the form that is read. */
function exportWith(flags: string): string {
  return `export it again: yolo export model=BEST.pt format=onnx${flags}`;
}

/**
 * The form of a YOLO from what the file says of itself.
 *
 * @param names Of the classes, where the caller gives them.
 * @throws {LocRefError} `file-invalid` with the export command that makes a file of the right form.
 */
export function yoloForm(
  session: Session,
  metadata: ReadonlyMap<string, string>,
  { path, names }: { path: string; names?: readonly string[] },
): YoloForm {
  const task = metadata.get("task") ?? "detect";
  if (task !== "detect") {
    throw noYolo(
      path,
      `its task is ${quote(task)}, a model that detects is needed`,
    );
  }
  const input = pictureInput(session, path);
  const [batch, , height, width] = input.shape;
  const [usualHeight, usualWidth] = trainedSize(metadata.get("imgsz"));
  const classes = classesOf(metadata.get("names"), { path, names });
  const output = boxesOutput(session, path);
  const pictures = isCount(batch) ? batch : 1;
  const form = {
    path,
    classes,
    input: input.name,
    output: output.name,
    half: input.type === "float16",
    batch: pictures,
    size: {
      height: isCount(height) ? height : usualHeight,
      width: isCount(width) ? width : usualWidth,
    },
    probe: !output.shape.every(isCount),
  };
  checkYoloOutput(output.shape, form);
  return form;
}

function pictureInput(session: Session, path: string): TensorMetadata {
  const [input] = session.inputMetadata;
  const shape = input?.isTensor ? input.shape : [];
  const channels = shape[1];
  const fits = session.inputMetadata.length === 1 && input?.isTensor &&
    shape.length === 4 && (channels === 3 || !isCount(channels));
  if (!fits) {
    throw noYolo(
      path,
      `it reads ${counted(session.inputMetadata.length, "input")}, the first [${
        shape.join(", ")
      }], one picture [1, 3, height, width] was expected`,
    );
  }
  if (!isFloat(input.type)) {
    throw noYolo(
      path,
      `it reads ${input.type}; ${exportWith(" without int8=True")}`,
    );
  }
  return input;
}

function boxesOutput(session: Session, path: string): TensorMetadata {
  const [output] = session.outputMetadata;
  const count = session.outputMetadata.length;
  if (count !== 1 || !output?.isTensor || !isFloat(output.type)) {
    throw noYolo(
      path,
      `it has ${counted(count, "output")}, one of boxes was expected; ${
        exportWith(" of a model that detects")
      }`,
    );
  }
  return output;
}

function classesOf(
  printed: string | undefined,
  { path, names }: { path: string; names?: readonly string[] },
): readonly string[] {
  const classes = names ?? yoloNames(printed ?? "");
  if (classes.length > 0) return classes;
  throw noYolo(
    path,
    `it does not hold the names of its classes: ${
      exportWith("")
    }, or give them as \`classes\``,
  );
}

/**
 * Makes sure that an output is `[batch, 4 + classes, cells]`, as far as its sides are known.
 *
 * @throws {LocRefError} `file-invalid` with the export command that makes it so.
 */
export function checkYoloOutput(
  dims: readonly (number | string)[],
  { path, batch, classes }: Pick<YoloForm, "path" | "batch" | "classes">,
): void {
  const rows = 4 + classes.length;
  const fits = (side: number | string | undefined, expected: number) =>
    !isCount(side) || side === expected;
  if (dims.length === 3 && fits(dims[0], batch) && fits(dims[1], rows)) return;
  const shape = `it returns [${dims.join(", ")}], [${
    batch === 1 ? "1" : batch
  }, ${rows}, cells] was expected of ${classes.length} classes`;
  if (dims.length === 3 && !fits(dims[0], batch)) {
    throw noYolo(path, `${shape}; ${exportWith(" batch=1")}`);
  }
  throw noYolo(
    path,
    `${shape}; ${
      exportWith(" nms=False")
    }, of YOLOv8 or YOLO11, and check the names of its classes`,
  );
}

/** Python's `[640, 640]`; a file that was exported with dynamic=True has it in its metadata only. */
function trainedSize(printed: string | undefined): [number, number] {
  const sides = (printed?.match(/\d+/g) ?? []).map(Number)
    .filter((side) => side > 0 && side <= 8192);
  const [height = 640, width = height] = sides;
  return [height, width];
}

function isFloat(type: string): boolean {
  return type === "float32" || type === "float16";
}

function isCount(side: number | string | undefined): side is number {
  return typeof side === "number" && side > 0;
}

/** The error for a file that is no YOLO of the form that is read. */
export function noYolo(
  path: string,
  why: string,
  cause?: unknown,
): LocRefError {
  return new LocRefError("file-invalid", `${path} cannot be used: ${why}`, {
    cause,
  });
}
