import type * as onnxruntime from "onnxruntime-node";
import { commandLine } from "../../core/command/command_line.ts";
import { LocRefError } from "../../core/error.ts";
import { shorten } from "../../core/quote.ts";
import { firstLine } from "../onnx/device_error.ts";
import { quietly } from "../onnx/devices.ts";
import { encodeOnnx } from "../onnx/proto.ts";
import { loadCudaLibraries, missingCudaLibraries } from "./cuda_libraries.ts";
import { missingProvider } from "./self_test.ts";

/**
 * Creates a session of one node on CUDA: onnxruntime lists providers whose libraries are missing.
 *
 * @throws {LocRefError} `backend-missing`, with what to install.
 */
export async function probeCuda(ort: typeof onnxruntime): Promise<void> {
  const absent = missingProvider(ort, "cuda");
  if (absent !== undefined) {
    throw new LocRefError(
      "backend-missing",
      `Backend "onnx-cuda" is not available (${absent}): use backend "onnx-webgpu"`,
    );
  }
  const value = { type: "F32", shape: [1] } as const;
  const node = { type: "Neg", domain: "", attributes: {} };
  const graph = await encodeOnnx({
    name: "probe",
    nodes: [{ ...node, inputs: ["x"], outputs: ["y"] }],
    initializers: [],
    inputs: [{ name: "x", ...value }],
    outputs: [{ name: "y", ...value }],
  });
  try {
    loadCudaLibraries();
    const session = await quietly(
      ort,
      () =>
        ort.InferenceSession.create(graph, {
          executionProviders: ["cuda"],
          logSeverityLevel: 4,
        }),
    );
    await session.release();
  } catch (cause) {
    const missing = missingCudaLibraries();
    const more = missing.length > 0 ? `; missing: ${missing.join(", ")}` : "";
    throw new LocRefError(
      "backend-missing",
      `Backend "onnx-cuda" is not available (${
        shorten(firstLine(cause), 400)
      }${more}): it needs an NVIDIA driver of version 580 or newer, and the libraries that \`${
        commandLine("setup-cuda --libraries")
      }\` fetches`,
      { cause },
    );
  }
}
