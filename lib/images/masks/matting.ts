/** Cuts the object out of a picture with an ONNX model of the U²-Net or ISNet kind. */

import { counted } from "../../core/counted.ts";
import type * as onnxruntime from "onnxruntime-node";
import { LocRefError } from "../../core/error.ts";
import { halfTensor } from "../../ops/half_tensor.ts";
import { sleepingThreads } from "../../ops/onnx/devices.ts";
import { importPackage } from "../../core/packages/import_package.ts";
import { normalisePlanes } from "../pixel_values.ts";
import { planesFromRaster, type Raster, rasterFromMask } from "../raster.ts";
import { resizeRaster } from "../resize.ts";

/** Options of {@linkcode matte}. */
export interface MattingOptions {
  /** Path of the ONNX file: one picture `[1, 3, H, W]` in, a mask `[1, 1, H, W]` first of what comes out. */
  model: string;
  /** Side of the square that the model reads, where its file leaves that open. @default {320} */
  side?: number;
  /** Subtracted from each channel. @default {ImageNet's; 0.5 for models of 1024 pixels, as ISNet's} */
  mean?: readonly number[];
  /** Divides each channel. @default {ImageNet's; 1 for models of 1024 pixels, as ISNet's} */
  std?: readonly number[];
}

const imageNet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const isNet = { mean: [0.5, 0.5, 0.5], std: [1, 1, 1] };

/** Side of the pictures that ISNet and its successors read. */
const isNetSide = 1024;

/**
 * The object in a picture as a grey mask of the same size, white where the object is.
 *
 * The picture is resized to the model's square and normalised. The output is stretched to 0..1, as
 * U²-Net (Qin et al. 2020) and IS-Net (Qin et al. 2022) do, and resized back.
 *
 * @throws {LocRefError} `file-invalid` if the file is no such model.
 */
export async function matte(
  raster: Raster,
  options: MattingOptions,
): Promise<Raster> {
  const { session, ort } = await openSession(options.model);
  const input = inputOf(session, options);
  const size = { height: input.height, width: input.width };
  const planes = planesFromRaster(await resizeRaster(raster, size));
  const usual = input.height === isNetSide ? isNet : imageNet;
  const values = normalisePlanes(
    planes,
    options.mean ?? usual.mean,
    options.std ?? usual.std,
  );
  const shape = [1, 3, input.height, input.width];
  const feed = input.half
    ? halfTensor(ort, values, shape)
    : new ort.Tensor("float32", values, shape);
  const results = await session.run({ [input.name]: feed });
  const output = results[session.outputNames[0]!]!;
  const [height, width] = output.dims.slice(-2);
  if (output.data.length !== height! * width!) {
    throw notMatting(
      options.model,
      `its first output is [${output.dims.join(", ")}]`,
    );
  }
  const mask = spread(Float32Array.from(output.data as Float32Array));
  return await resizeRaster(rasterFromMask(mask, width!, height!), raster);
}

interface OpenSession {
  readonly ort: typeof onnxruntime;
  readonly session: onnxruntime.InferenceSession;
}

/** The last session, since the references of a scene are all matted by one model. */
let last: { path: string; opened: Promise<OpenSession> } | undefined;

async function openSession(path: string): Promise<OpenSession> {
  if (last?.path === path) return await last.opened;
  const before = last;
  const opened = createSession(path);
  last = { path, opened };
  opened.catch(() => last = last?.opened === opened ? undefined : last);
  await before?.opened.then(({ session }) => session.release(), () => {});
  return await opened;
}

async function createSession(path: string): Promise<OpenSession> {
  const ort = await importPackage("onnxruntime");
  try {
    const session = await ort.InferenceSession.create(path, {
      ...sleepingThreads,
      logSeverityLevel: 3,
    });
    return { ort, session };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw notMatting(path, reason);
  }
}

function inputOf(
  session: onnxruntime.InferenceSession,
  { model, side = 320 }: MattingOptions,
) {
  const [input] = session.inputMetadata;
  if (session.inputMetadata.length !== 1 || !input?.isTensor) {
    throw notMatting(
      model,
      `it has ${
        counted(session.inputMetadata.length, "input")
      } where one picture was expected`,
    );
  }
  const [, channels, height, width] = input.shape;
  if (input.shape.length !== 4 || (isCount(channels) && channels !== 3)) {
    throw notMatting(model, `it reads [${input.shape.join(", ")}]`);
  }
  return {
    name: input.name,
    half: input.type === "float16",
    height: isCount(height) ? height : side,
    width: isCount(width) ? width : side,
  };
}

function isCount(dim: number | string | undefined): dim is number {
  return typeof dim === "number" && dim > 0;
}

/** Values spread to 0..1, through a sigmoid where they are logits. */
function spread(values: Float32Array): Float32Array {
  const [least, most] = range(values);
  const logits = least < -0.01 || most > 1.01;
  const bounded = logits ? values.map((x) => 1 / (1 + Math.exp(-x))) : values;
  const [low, high] = logits ? range(bounded) : [least, most];
  // A picture that is one thing all over has no edge to be spread out.
  if (!(high - low > 1e-3)) return bounded;
  return bounded.map((x) => (x - low) / (high - low));
}

function range(values: Float32Array): [number, number] {
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return [least, most];
}

function notMatting(path: string, reason: string): LocRefError {
  return new LocRefError(
    "file-invalid",
    `${path} is no matting model: ${reason}; expected ONNX of the U²-Net or ISNet kind, [1, 3, H, W] in, [1, 1, H, W] out`,
  );
}
