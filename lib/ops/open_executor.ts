import { LocRefError } from "../core/error.ts";
import type { Executor } from "./executor.ts";
import { mayHaveNvidiaDriver } from "./nvidia_driver.ts";

/** Names of the backends, in the order in which `auto` tries them, but for the last two. */
export const backendNames = [
  "tensorflow-gpu",
  "onnx-cuda",
  "onnx",
  "tensorflow",
  "wasm",
  "webgpu",
  "cpu",
] as const;

/** A way to run models: an executor and what it runs on. */
export type BackendName = typeof backendNames[number];

/** A backend that was tried and failed, and why. */
export interface TriedBackend {
  /** The backend. */
  readonly name: BackendName;
  /** Why it does not work here, and what to install. */
  readonly reason: string;
}

/** An executor with the story of how it was chosen. */
export interface OpenedExecutor {
  readonly executor: Executor;
  readonly name: BackendName;
  /** Backends that `auto` tried first, and why each failed. */
  readonly tried: readonly TriedBackend[];
}

/** Options of {@linkcode openExecutor}. */
export interface OpenExecutorOptions {
  /** Threads of the executor. @default {the number of cores} */
  threads?: number;
  /** Whether the UNet's matrix products use weights of eight bits; on `onnx` only. @default {false} */
  int8?: boolean;
}

/** Backends that `auto` tries. WebGPU and plain JavaScript are opt-in: WebGPU is experimental, plain JavaScript is slow. */
export const automaticBackends: readonly BackendName[] = backendNames.filter((
  name,
) => name !== "webgpu" && name !== "cpu");

const onNvidia: readonly BackendName[] = ["tensorflow-gpu", "onnx-cuda"];

/**
 * Opens the backend `name`, or the first one that works.
 *
 * @throws {LocRefError} `backend-missing`, with the reason and what to install.
 * @throws {RangeError} if there is no backend of that name.
 */
export async function openExecutor(
  name: BackendName | "auto" = "auto",
  options: OpenExecutorOptions = {},
): Promise<OpenedExecutor> {
  if (name !== "auto") {
    return { executor: await open(name, options), name, tried: [] };
  }
  const tried: TriedBackend[] = [];
  const driver = mayHaveNvidiaDriver();
  for (const candidate of automaticBackends) {
    if (!driver && onNvidia.includes(candidate)) {
      const reason =
        `Backend "${candidate}" is not available (no NVIDIA driver)`;
      tried.push({ name: candidate, reason });
      continue;
    }
    try {
      return {
        executor: await open(candidate, options),
        name: candidate,
        tried,
      };
    } catch (error) {
      tried.push({
        name: candidate,
        reason: error instanceof Error ? error.message : String(error),
      });
    }
  }
  const reasons = tried.map(({ name, reason }) => `${name}: ${reason}`).join(
    "; ",
  );
  throw new LocRefError(
    "backend-missing",
    `No backend works here (${reasons})`,
  );
}

async function open(
  name: BackendName,
  options: OpenExecutorOptions,
): Promise<Executor> {
  const { threads, int8 } = options;
  if (int8 && name !== "onnx") {
    throw new LocRefError(
      "backend-missing",
      `Backend "${name}" has no eight-bit products: use onnx, or leave int8 out`,
    );
  }
  switch (name) {
    case "onnx":
    case "onnx-cuda": {
      const { onnxExecutor } = await import("./onnx/executor.ts");
      return await onnxExecutor({
        threads,
        int8,
        device: name === "onnx" ? "cpu" : "cuda",
      });
    }
    case "tensorflow-gpu":
    case "tensorflow":
    case "wasm":
    case "webgpu":
    case "cpu": {
      const { tfjsExecutor } = await import("./tfjs/executor.ts");
      return await tfjsExecutor(name);
    }
    default:
      throw new RangeError(
        `Backend "${name}" is not known: it must be auto, ${
          backendNames.join(", ")
        }`,
      );
  }
}
