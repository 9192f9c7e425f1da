import type * as onnxruntime from "onnxruntime-node";
import { LocRefError } from "../../core/error.ts";
import { importPackage } from "../../core/packages/import_package.ts";
import type {
  Executor,
  Program,
  Runner,
  Values,
  WeightSource,
} from "../executor.ts";
import { withGraphFolder } from "./folder.ts";
import { writeLooseWeights } from "./loose_weights.ts";
import { optimizationLevel } from "./optimization_level.ts";
import { writeProgram } from "./program.ts";
import { encodeOnnx, type OnnxGraph } from "./proto.ts";
import type { Tensor } from "../../core/tensor.ts";

type Ort = typeof onnxruntime;

/** Options of {@linkcode onnxExecutor}. */
export interface OnnxExecutorOptions {
  /** Execution provider. @default {"cpu"} */
  device?: "cpu" | "cuda";
  /** Threads of one operation. @default {the number of cores} */
  threads?: number;
  /** Whether weights of matrix products are used in eight bits, in programs that allow it. @default {false} */
  int8?: boolean;
  /**
   * Multiplications of a picture's convolution from which on it takes Winograd's form, where that
   * pays; 0 makes all take it. @default {5e8 on the CPU, else Infinity}
   */
  winogradFrom?: number;
  /**
   * Bytes of weights that lie in no file, such as those with a LoRA, from which on they go through a
   * file for the time of loading. @default {16 MiB}
   */
  looseFrom?: number;
  /** Folder for graph files. @default {one on which weights can be linked} */
  folder?: string;
}

/**
 * The executor that writes a program down as an ONNX graph and runs it with onnxruntime as one
 * optimised session.
 *
 * @throws {LocRefError} `backend-missing` if onnxruntime or the device is missing.
 */
export async function onnxExecutor(
  options: OnnxExecutorOptions = {},
): Promise<Executor> {
  const { device = "cpu" } = options;
  const ort = await loadOnnxruntime();
  if (device !== "cpu") await probeDevice(ort, device);
  const sessions = new Set<OnnxRunner>();
  return {
    name: device === "cpu" ? "onnx" : `onnx-${device}`,
    async compile(program, weights) {
      const runner = new OnnxRunner(
        ort,
        program,
        await createSession(ort, { program, weights }, options),
      );
      sessions.add(runner);
      return runner;
    },
    async dispose() {
      for (const session of sessions) await session.dispose();
      sessions.clear();
    },
  };
}

async function loadOnnxruntime(): Promise<Ort> {
  try {
    return await importPackage("onnxruntime");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message =
      `Backend "onnx" is not available (${reason}): its package onnxruntime-node could not be used`;
    throw new LocRefError("backend-missing", message, { cause });
  }
}

/**
 * Creates a session of one node on `device`: onnxruntime lists providers whose libraries are not
 * there.
 */
async function probeDevice(ort: Ort, device: "cuda"): Promise<void> {
  const value = { type: "F32", shape: [1] } as const;
  const graph = await encodeOnnx({
    name: "probe",
    nodes: [{
      type: "Neg",
      domain: "",
      inputs: ["x"],
      outputs: ["y"],
      attributes: {},
    }],
    initializers: [],
    inputs: [{ name: "x", ...value }],
    outputs: [{ name: "y", ...value }],
  });
  const { logLevel } = ort.env;
  ort.env.logLevel = "fatal";
  try {
    const session = await ort.InferenceSession.create(graph, {
      executionProviders: [device],
      logSeverityLevel: 4,
    });
    await session.release();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LocRefError(
      "backend-missing",
      `Backend "onnx-${device}" is not available (${reason}): it needs an NVIDIA driver, CUDA 12 and cuDNN 9, and the provider that \`deno approve-scripts npm:onnxruntime-node\` fetches`,
      { cause },
    );
  } finally {
    ort.env.logLevel = logLevel ?? "warning";
  }
}

/** CUDA's libraries choose the form of a convolution themselves. */
export function winogradFrom(device: "cpu" | "cuda" = "cpu"): number {
  return device === "cpu" ? 5e8 : Infinity;
}

/** How onnxruntime is to run a graph. */
export function sessionSettings(
  graph: OnnxGraph,
  { device, threads }: OnnxExecutorOptions,
): onnxruntime.InferenceSession.SessionOptions {
  return {
    executionProviders: device === "cuda" ? ["cuda", "cpu"] : ["cpu"],
    graphOptimizationLevel: optimizationLevel(graph),
    enableMemPattern: false, // it would hold a run's memory twice
    ...(threads ? { intraOpNumThreads: threads } : {}),
    logSeverityLevel: 3,
  };
}

async function createSession(
  ort: Ort,
  model: { program: Program; weights: WeightSource },
  options: OnnxExecutorOptions,
): Promise<onnxruntime.InferenceSession> {
  const { graph, files, loose } = await writeProgram(
    model.program,
    model.weights,
    {
      int8: options.int8,
      looseFrom: options.looseFrom ?? 2 ** 24,
      winogradFrom: options.winogradFrom ?? winogradFrom(options.device),
    },
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
        write: (folder) => writeLooseWeights(model.weights, loose, folder),
      },
    );
  } catch (cause) {
    if (cause instanceof LocRefError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message =
      `Program "${model.program.name}" cannot be compiled: ${reason}`;
    throw new LocRefError("backend-missing", message, { cause });
  }
}

class OnnxRunner implements Runner {
  readonly #ort: Ort;
  readonly #program: Program;
  #session: onnxruntime.InferenceSession | undefined;

  constructor(
    ort: Ort,
    program: Program,
    session: onnxruntime.InferenceSession,
  ) {
    this.#ort = ort;
    this.#program = program;
    this.#session = session;
  }

  async run(inputs: Values<Tensor>): Promise<Values<Tensor>> {
    const session = this.#session;
    if (session === undefined) {
      throw new TypeError(`Program "${this.#program.name}" was disposed of`);
    }
    const feeds: Record<string, onnxruntime.Tensor> = {};
    for (const name of session.inputNames) {
      const input = inputs[name];
      if (input === undefined) {
        throw new TypeError(
          `Program "${this.#program.name}" lacks its input "${name}"`,
        );
      }
      feeds[name] = this.#tensor(input);
    }
    const results = await session.run(feeds);
    return Object.fromEntries(
      Object.entries(results).map(([name, { dims, data }]) => [
        name,
        { shape: dims, data: data as Float32Array },
      ]),
    );
  }

  async dispose(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.release();
  }

  #tensor({ shape, data }: Tensor): onnxruntime.Tensor {
    const type = data instanceof Int32Array ? "int32" : "float32";
    return new this.#ort.Tensor(type, data as Float32Array, [...shape]);
  }
}
