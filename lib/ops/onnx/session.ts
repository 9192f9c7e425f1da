import type * as onnxruntime from "onnxruntime-node";
import { LocRefError } from "../../core/error.ts";
import type { Precision, Program, WeightSource } from "../executor.ts";
import type { AttentionForm } from "./attention.ts";
import { deviceError } from "./device_error.ts";
import {
  backendOf,
  convolvesTokens,
  deviceSettings,
  fillsChannels,
  losesDigitsInNorms,
  type OnnxDevice,
  sharesEpsilon,
  sleepingThreads,
} from "./devices.ts";
import { withGraphFolder } from "./folder.ts";
import { largeGraph, weightTreatment } from "./large_graph.ts";
import { writeLooseWeights } from "./weights/loose_weights.ts";
import { writeProgram, type WriteProgramOptions } from "./program.ts";
import { encodeOnnx, type OnnxGraph } from "./proto.ts";

/** Options of an executor on onnxruntime. */
export interface OnnxExecutorOptions {
  /** Execution provider. @default {"cpu"} */
  device?: OnnxDevice;
  /** Threads of one operation. @default {the number of cores} */
  threads?: number;
  /** Whether weights of matrix products are used in eight bits, in programs that allow it. @default {false} */
  int8?: boolean;
  /** Precision that graphs compute in. @default {"float32"} */
  precision?: Precision;
  /** How attention is written down. @default {as the device's self-test found right, else "fused"} */
  attention?: AttentionForm;
  /**
   * Whether the means are taken off before values are normed: providers that take variances from sums
   * of squares lose the digits of values far from zero. In float32 only. @default {true on WebGPU}
   */
  centred?: boolean;
  /**
   * Multiplications of a picture's convolution from which on it takes Winograd's form, where that
   * pays; 0 makes all take it. @default {5e8 on the CPU, else Infinity}
   */
  winogradFrom?: number;
  /**
   * Bytes from which on weights that lie in no file, such as those with a LoRA, are loaded through a
   * temporary one. @default {16 MiB}
   */
  looseFrom?: number;
  /**
   * Bytes of weights in files, counted in float32, above which they stay as they lie: mapped from
   * there, and on the CPU in half precision where they are stored so. @default {1 GiB}
   */
  largeFrom?: number;
  /** Folder for graph files. @default {one on which weights can be linked} */
  folder?: string;
}

/** Libraries of other devices choose the form of a convolution themselves. */
export function winogradFrom(device: OnnxDevice = "cpu"): number {
  return device === "cpu" ? 5e8 : Infinity;
}

/** How onnxruntime is to run a graph. */
export function sessionSettings(
  graph: OnnxGraph,
  { device = "cpu", threads, largeFrom }: OnnxExecutorOptions,
): onnxruntime.InferenceSession.SessionOptions {
  const { extra, ...treatment } = weightTreatment(
    graph.initializers,
    largeFrom,
  );
  const session = { ...sleepingThreads.extra.session, ...extra?.session };
  return {
    ...deviceSettings(device),
    ...treatment,
    extra: { session },
    ...(threads ? { intraOpNumThreads: threads } : {}),
  };
}

/** The form of graphs that suits a device. */
export function graphForm(
  { device, int8, precision, attention, ...given }: OnnxExecutorOptions,
): WriteProgramOptions {
  const { largeFrom = largeGraph, looseFrom = 2 ** 24 } = given;
  return {
    ...{ int8, precision, attention, looseFrom },
    winogradFrom: given.winogradFrom ?? winogradFrom(device),
    fours: fillsChannels(device),
    pixelLayers: convolvesTokens(device),
    centred: given.centred ?? losesDigitsInNorms(device),
    oneEpsilon: sharesEpsilon(device),
    heldFrom: (device ?? "cpu") === "cpu" ? largeFrom : Infinity,
  };
}

/**
 * Writes a program down as a graph and opens it as a session.
 *
 * @throws {LocRefError} if the device cannot hold or run it.
 */
export async function createSession(
  ort: typeof onnxruntime,
  model: { program: Program; weights: WeightSource },
  options: OnnxExecutorOptions,
): Promise<onnxruntime.InferenceSession> {
  const { graph, files, loose, half } = await writeProgram(
    model.program,
    model.weights,
    graphForm(options),
  );
  const bytes = await encodeOnnx(graph);
  const settings = sessionSettings(graph, options);
  try {
    if (files.size === 0 && loose.length === 0) {
      return await ort.InferenceSession.create(bytes, settings);
    }
    return await withGraphFolder(
      bytes,
      files,
      (path) => ort.InferenceSession.create(path, settings),
      {
        folder: options.folder,
        write: (folder) =>
          writeLooseWeights(model.weights, loose, { folder, half }),
      },
    );
  } catch (cause) {
    if (cause instanceof LocRefError) throw cause;
    throw deviceError(cause, {
      backend: backendOf(options.device),
      program: model.program.name,
      running: false,
    });
  }
}
