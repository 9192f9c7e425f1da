import type { InferenceSession } from "onnxruntime-node";
import { LocRefError } from "../../../core/error.ts";
import { importPackage } from "../../../core/packages/import_package.ts";
import { shorten } from "../../../core/quote.ts";
import type { LossProgram } from "../../loss_program.ts";
import {
  convolvesDirectly,
  fillsChannels,
  keepsNoStatistics,
  losesDigitsInNorms,
  type OnnxDevice,
  sharesEpsilon,
} from "../devices.ts";
import { sessionSettings, winogradFrom } from "../session.ts";
import { withGraphFolder } from "../folder.ts";
import { createKept } from "./compiled_graphs.ts";
import { encodeOnnx } from "../proto.ts";
import {
  type GradientProgram,
  type GradientProgramOptions,
  writeGradientProgram,
} from "./gradient_program.ts";

/** Loads onnxruntime. */
export const loadOrt = () => importPackage("onnxruntime");

/** The package. */
export type Ort = Awaited<ReturnType<typeof loadOrt>>;

/**
 * Settings with which a sum and the layer normalisation of it stay two nodes: devices' kernels of
 * both leave out the statistics that derivatives need.
 */
const unjoined = {
  optimization: { disable_specified_optimizers: "SkipLayerNormFusion" },
};

/**
 * Bytes of frozen weights in float32 above which those of half precision stay so where memory is to be
 * saved. A step of Stable Diffusion 1.5's size would take half the memory, and 1.4 of the time.
 */
const heldFrom = 2 ** 32;

/** Options of {@linkcode writeGradients}. */
export interface GradientSessionOptions extends GradientProgramOptions {
  /** Prefix of a file with the time of each node. @default {none is written} */
  readonly profile?: string;
  /** Device of the session. @default {"cpu"} */
  readonly device?: OnnxDevice;
  /** Threads of one operation. @default {the number of cores} */
  readonly threads?: number;
}

/** A loss with its derivatives, written down: plain data, which any thread can compile. */
export interface WrittenGradients
  extends
    Pick<GradientProgram, "files" | "gradients" | "slopes" | "metrics">,
    Pick<GradientSessionOptions, "shapes" | "trained" | "joined"> {
  /** Name of the loss. */
  readonly name: string;
  /** The graph as a file. */
  readonly bytes: Uint8Array;
  readonly device: OnnxDevice;
  readonly settings: InferenceSession.SessionOptions;
}

/** Writes a loss with its derivatives down. */
export async function writeGradients(
  program: LossProgram,
  options: GradientSessionOptions,
): Promise<WrittenGradients> {
  const { device = "cpu", shapes, trained, joined } = options;
  const { graph, files, gradients, slopes, metrics } =
    await writeGradientProgram(program, {
      winogradFrom: winogradFrom(device),
      fours: fillsChannels(device),
      directConvolutions: convolvesDirectly(device),
      plainNorms: keepsNoStatistics(device),
      centred: losesDigitsInNorms(device),
      oneEpsilon: sharesEpsilon(device),
      heldFrom: device === "cpu" ? heldFrom : Infinity,
      ...options,
    });
  const settings = sessionSettings(graph, options);
  if (device !== "cpu") settings.extra = { ...settings.extra, ...unjoined };
  if (options.profile !== undefined) {
    settings.enableProfiling = true;
    settings.profileFilePrefix = options.profile;
  }
  const bytes = await encodeOnnx(graph);
  return {
    ...{ name: program.name, bytes, files, device, settings },
    ...{ shapes, trained, joined, gradients, slopes, metrics },
  };
}

/**
 * Compiles a loss with its derivatives.
 *
 * @throws {LocRefError} `backend-missing` if onnxruntime refuses the graph.
 */
export async function compileGradients(
  ort: Ort,
  { name, bytes, files, device, settings }: WrittenGradients,
): Promise<InferenceSession> {
  const open = async () => {
    if (files.size > 0) {
      // a rewritten graph would hold copies of the frozen weights
      return await withGraphFolder(
        bytes,
        files,
        (path) => ort.InferenceSession.create(path, settings),
      );
    }
    // graphs that are rewritten for a device hold its copies, which no file can name
    return device === "cpu"
      ? await createKept(ort, bytes, { settings })
      : await ort.InferenceSession.create(bytes, settings);
  };
  try {
    return await open();
  } catch (cause) {
    if (cause instanceof LocRefError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LocRefError(
      "backend-missing",
      `Gradients of "${name}" cannot be compiled: ${shorten(reason)}`,
      { cause },
    );
  }
}
