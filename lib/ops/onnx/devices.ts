import type * as onnxruntime from "onnxruntime-node";

/** Devices, by onnxruntime's names of their execution providers. */
export type OnnxDevice = "cpu" | "cuda" | "webgpu" | "dml" | "coreml";

/**
 * Devices of many vendors behind one provider, whose numbers are compared with the CPU's before
 * anything runs there.
 */
export type TestedDevice = "webgpu" | "dml" | "coreml";

/** Whether a device is compared with the CPU before it is used. */
export function isTested(device: OnnxDevice): device is TestedDevice {
  return device === "webgpu" || device === "dml" || device === "coreml";
}

/**
 * Whether channels of convolutions are filled up to fours for a device: WebGPU's provider computes
 * other numbers of nine.
 */
export function fillsChannels(device: OnnxDevice = "cpu"): boolean {
  return device === "webgpu";
}

/**
 * Whether means are taken off before a device norms values: WebGPU's provider takes variances from
 * sums of squares. Values of mean 10 that spread by 0.01 come out of its norms wrong by 0.8.
 */
export function losesDigitsInNorms(device: OnnxDevice = "cpu"): boolean {
  return device === "webgpu";
}

/**
 * Whether all group normalisations of a device read one epsilon: WebGPU's provider keeps a compiled
 * kernel without its epsilon's name, so the first to run gives its own to all others.
 */
export function sharesEpsilon(device: OnnxDevice = "cpu"): boolean {
  return device === "webgpu";
}

/**
 * Whether convolutions of single pixels act on tokens where they may: WebGPU's provider turns images,
 * and onnxruntime then turns all that is added to tokens between two of those, six times a block.
 */
export function convolvesTokens(device: OnnxDevice = "cpu"): boolean {
  return device === "webgpu";
}

/**
 * Whether a device's layer normalisation gives no statistics: onnxruntime joins it with the sum
 * before it, and the kernels of both leave them out, but for the CPU's.
 */
export function keepsNoStatistics(device: OnnxDevice = "cpu"): boolean {
  return device !== "cpu";
}

/**
 * Whether trained convolutions and their derivatives are left to a device's library, which knows
 * better forms than products of matrices.
 */
export function convolvesDirectly(device: OnnxDevice = "cpu"): boolean {
  return device !== "cpu";
}

/**
 * Whether trained weights go to a device as one vector, and gradients come from it so: each copy
 * costs as long as a small kernel. WebGPU's kernels read few buffers each.
 */
export function copiesAtOnce(device: OnnxDevice = "cpu"): boolean {
  return device === "cuda";
}

/** Whether programs lie in memory of the device's own, as on most GPUs, and not in the machine's. */
export function hasOwnMemory(device: OnnxDevice = "cpu"): boolean {
  return device === "cuda" || device === "webgpu" || device === "dml";
}

/** Name of the backend that runs on a device. */
export function backendOf<Device extends OnnxDevice>(
  device: Device = "cpu" as Device,
): Device extends "cpu" ? "onnx" : `onnx-${Device}` {
  const name = device === "cpu" ? "onnx" : `onnx-${device}`;
  return name as ReturnType<typeof backendOf<Device>>;
}

/**
 * Settings of a session whose threads sleep while they wait. Otherwise they spin, and on cores that
 * others use too, that takes the time which the operations need.
 */
export const sleepingThreads = {
  extra: { session: { intra_op: { allow_spinning: "0" } } },
} as const;

/** Settings of every session on a device; what it cannot run goes to the CPU. */
export function deviceSettings(
  device: OnnxDevice,
): onnxruntime.InferenceSession.SessionOptions {
  return {
    executionProviders: device === "cpu" ? ["cpu"] : [device, "cpu"],
    ...sleepingThreads,
    enableMemPattern: false, // it would hold a run's memory twice
    ...(device === "dml" ? { executionMode: "sequential" as const } : {}),
    // what fails on a device is thrown as one sentence
    logSeverityLevel: device === "cpu" || device === "cuda" ? 3 : 4,
  };
}

/** Does something without onnxruntime's lines on the terminal; what fails is thrown. */
export async function quietly<R>(
  ort: typeof onnxruntime,
  work: () => Promise<R>,
): Promise<R> {
  const { logLevel } = ort.env;
  ort.env.logLevel = "fatal";
  try {
    return await work();
  } finally {
    ort.env.logLevel = logLevel ?? "warning";
  }
}
