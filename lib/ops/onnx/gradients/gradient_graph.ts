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

const loadOrt = () => importPackage("onnxruntime");

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

/** Options of {@linkcode openGradientGraph}. */
export interface GradientSessionOptions extends GradientProgramOptions {
  /** Prefix of a file with the time of each node. @default {none is written} */
  readonly profile?: string;
  /** Device of the session. @default {"cpu"} */
  readonly device?: OnnxDevice;
  /** Threads of one operation. @default {the number of cores} */
  readonly threads?: number;
}

/** A loss with its derivatives as a compiled graph. */
export interface GradientGraph {
  readonly ort: Ort;
  readonly session: InferenceSession;
  /** The graph as it was written down. */
  readonly written: GradientProgram;
}

/**
 * Writes a loss with its derivatives down and compiles it.
 *
 * @throws {LocRefError} `backend-missing` if onnxruntime refuses the graph.
 */
export async function openGradientGraph(
  program: LossProgram,
  options: GradientSessionOptions,
): Promise<GradientGraph> {
  const ort = await loadOrt();
  const written = await writeGradientProgram(program, {
    winogradFrom: winogradFrom(options.device),
    fours: fillsChannels(options.device),
    directConvolutions: convolvesDirectly(options.device),
    plainNorms: keepsNoStatistics(options.device),
    centred: losesDigitsInNorms(options.device),
    oneEpsilon: sharesEpsilon(options.device),
    heldFrom: (options.device ?? "cpu") === "cpu" ? heldFrom : Infinity,
    ...options,
  });
  const bytes = await encodeOnnx(written.graph);
  const { device = "cpu" } = options;
  const settings = sessionSettings(written.graph, options);
  if (device !== "cpu") settings.extra = { ...settings.extra, ...unjoined };
  if (options.profile !== undefined) {
    settings.enableProfiling = true;
    settings.profileFilePrefix = options.profile;
  }
  const open = async () => {
    if (written.files.size > 0) {
      // a rewritten graph would hold copies of the frozen weights
      return await withGraphFolder(
        bytes,
        written.files,
        (path) => ort.InferenceSession.create(path, settings),
      );
    }
    // graphs that are rewritten for a device hold its copies, which no file can name
    return device === "cpu"
      ? await createKept(ort, bytes, { settings })
      : await ort.InferenceSession.create(bytes, settings);
  };
  try {
    return { ort, session: await open(), written };
  } catch (cause) {
    if (cause instanceof LocRefError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LocRefError(
      "backend-missing",
      `Gradients of "${program.name}" cannot be compiled: ${shorten(reason)}`,
      { cause },
    );
  }
}
