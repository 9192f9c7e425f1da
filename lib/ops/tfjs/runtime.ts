import util from "node:util";
import { LocRefError } from "../../core/error.ts";
import { shorten } from "../../core/quote.ts";
import { commandLine } from "../../core/command/command_line.ts";
import { importPackage } from "../../core/packages/import_package.ts";
import type { Tf, TfjsBackend } from "./tf.ts";
import { failReads, type WatchedBackend } from "./device_failures.ts";
import { replaceTensorflowKernels } from "./tensorflow_kernels.ts";

/** Advice for a missing backend. */
function remedy(backend: TfjsBackend): string {
  switch (backend) {
    case "tensorflow-gpu":
      return `run \`${commandLine("setup-tensorflow --gpu")}\``;
    case "tensorflow":
      return `run \`${commandLine("setup-tensorflow")}\``;
    case "webgpu":
      return "a GPU with WebGPU support is needed, and in older versions of Deno --unstable-webgpu";
    case "wasm":
      return "its package @tensorflow/tfjs-backend-wasm could not be used";
    case "cpu":
      return "its package @tensorflow/tfjs could not be used";
  }
}

/**
 * Imports TensorFlow.js and switches it to `backend`. It has one global backend: executors of
 * different backends must not be used in turns.
 *
 * @throws {LocRefError} `backend-missing`, with the reason and what to do.
 */
export async function openTfjs(backend: TfjsBackend): Promise<Tf> {
  try {
    const tf = await importPackage("tfjs");
    await registerBackend(backend);
    const name = backend === "tensorflow-gpu" ? "tensorflow" : backend;
    if (!await tf.setBackend(name)) throw new Error("it does not start");
    await tf.ready();
    if (backend === "webgpu") watch(tf.backend());
    return tf;
  } catch (cause) {
    const reason =
      (cause instanceof Error ? cause.message : String(cause)).split("\n")[0];
    const message = `Backend "${backend}" is not available (${reason}): ${
      remedy(backend)
    }`;
    throw new LocRefError("backend-missing", message, { cause });
  }
}

async function registerBackend(backend: TfjsBackend): Promise<void> {
  switch (backend) {
    case "tensorflow":
    case "tensorflow-gpu": {
      // tfjs-node calls a function that Node removed and Deno never had.
      const old = util as unknown as {
        isNullOrUndefined?: (value: unknown) => boolean;
      };
      old.isNullOrUndefined ??= (value) =>
        value === null || value === undefined;
      await quietly(() =>
        importPackage(backend === "tensorflow" ? "tfjs_node" : "tfjs_node_gpu")
      );
      replaceTensorflowKernels(await importPackage("tfjs"));
      return;
    }
    case "wasm": {
      const { registerWasmGradients } = await import(
        "./wasm_gradients.ts"
      );
      await importPackage("tfjs_wasm");
      registerWasmGradients(await importPackage("tfjs"));
      return;
    }
    case "webgpu":
      await findAdapter();
      await importPackage("tfjs_webgpu");
      return;
    case "cpu":
  }
}

/** An adapter of WebGPU, as far as Deno describes it. */
interface GpuAdapter {
  readonly info?: {
    readonly description?: string;
    readonly isFallbackAdapter?: boolean;
  };
}

/** Looks for a GPU before anything is loaded; one that is played by the processor is named. */
async function findAdapter(): Promise<void> {
  const { gpu } = navigator as {
    gpu?: { requestAdapter(): Promise<GpuAdapter | null> };
  };
  const adapter = await gpu?.requestAdapter();
  if (!adapter) throw new Error("no adapter was found");
  const { description = "", isFallbackAdapter = false } = adapter.info ?? {};
  if (!isFallbackAdapter) return;
  console.warn(
    `Backend "webgpu" computes on the processor here (${
      shorten(description)
    }): backend "onnx" is faster`,
  );
}

/**
 * Loads TensorFlow without its greeting on stderr, and without warnings about kernels that an
 * earlier attempt with the GPU's package has registered.
 */
async function quietly(load: () => Promise<unknown>): Promise<void> {
  const { env } = await import("node:process").then(({ default: process }) =>
    process
  );
  env.TF_CPP_MIN_LOG_LEVEL ??= "2";
  // off by default where the processor has no AVX-512; a training step takes 0.7 of the time with it
  env.TF_ENABLE_ONEDNN_OPTS ??= "1";
  const { warn } = console;
  console.warn = (...words: unknown[]) => {
    if (!/is already registered$/.test(String(words[0]))) warn(...words);
  };
  try {
    await load();
  } finally {
    console.warn = warn;
  }
}

/** Backends whose device is watched: TensorFlow.js keeps one for the process. */
const watched = new WeakSet<object>();

function watch(backend: object): void {
  if (watched.has(backend)) return;
  watched.add(backend);
  failReads(backend as WatchedBackend);
}
