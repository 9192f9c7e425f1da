import { LocRefError } from "../core/error.ts";
import { importPackage } from "../core/packages/import_package.ts";
import type { Executor, Precision } from "./executor.ts";
import { mayHaveNvidiaDriver } from "./nvidia_driver.ts";
import type { OnnxDevice } from "./onnx/devices.ts";

/** Names of the backends, in the order in which `auto` tries them, but for the last four. */
export const backendNames = [
  "tensorflow-gpu",
  "onnx-cuda",
  "onnx-webgpu",
  "onnx",
  "tensorflow",
  "wasm",
  "onnx-dml",
  "onnx-coreml",
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
  /** Precision that models compute in; half precision on GPUs of onnxruntime only. @default {"float32"} */
  precision?: Precision;
}

/** Backends that only run where they are named: experiments, untried devices, and slow JavaScript. */
const optIn: readonly BackendName[] = [
  "onnx-dml",
  "onnx-coreml",
  "webgpu",
  "cpu",
];

/** Backends that `auto` tries. */
export const automaticBackends: readonly BackendName[] = backendNames.filter((
  name,
) => !optIn.includes(name));

const onNvidia: readonly BackendName[] = ["tensorflow-gpu", "onnx-cuda"];

/** Backends of onnxruntime by the devices that they run on. */
const onnxDevices: Partial<Record<BackendName, OnnxDevice>> = {
  "onnx": "cpu",
  "onnx-cuda": "cuda",
  "onnx-webgpu": "webgpu",
  "onnx-dml": "dml",
  "onnx-coreml": "coreml",
};

/** Backends with half precision. */
const inHalf = backendNames.filter((name) =>
  name !== "onnx" && name in onnxDevices
);

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
      checkFits(candidate, options);
      if (candidate === "onnx-webgpu") await checkWorthwhile();
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

/** Refuses a GPU that is missing, computes wrong numbers, or is no faster than the CPU. */
async function checkWorthwhile(): Promise<void> {
  const { refusedByAuto } = await import("./gpu/tested_device.ts");
  const refused = await refusedByAuto(
    () => importPackage("onnxruntime"),
    "webgpu",
  );
  if (refused !== undefined) throw refused;
}

/** Refuses options that a backend does not have. */
function checkFits(
  name: BackendName,
  { int8, precision }: OpenExecutorOptions,
): void {
  if (int8 && name !== "onnx") {
    throw new LocRefError(
      "backend-missing",
      `Backend "${name}" has no eight-bit products: use onnx, or leave int8 out`,
    );
  }
  if (precision === "float16" && !inHalf.includes(name)) {
    throw new LocRefError(
      "backend-missing",
      `Backend "${name}" computes in float32 only: use ${
        inHalf.join(", ")
      }, or leave precision out`,
    );
  }
}

async function open(
  name: BackendName,
  options: OpenExecutorOptions,
): Promise<Executor> {
  checkFits(name, options);
  const device = onnxDevices[name];
  if (device !== undefined) {
    const { onnxExecutor } = await import("./onnx/executor.ts");
    const { threads, int8, precision } = options;
    return await onnxExecutor({ threads, int8, precision, device });
  }
  switch (name) {
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
