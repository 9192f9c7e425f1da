import { importPackage } from "../core/packages/import_package.ts";
import type { Backend } from "./backend.ts";
import type { GradientCompiler } from "./input_gradient.ts";
import { backendOf, isTested, type OnnxDevice } from "./onnx/devices.ts";

/** onnxruntime on a device. */
export function onnxBackend<Device extends OnnxDevice>(
  device: Device,
  about: Pick<Backend, "summary" | "optIn" | "missing">,
): Backend<ReturnType<typeof backendOf<Device>>> {
  return {
    ...about,
    name: backendOf(device),
    int8: device === "cpu",
    half: device !== "cpu",
    writesGraphs: true,
    refusedByAuto: () => refusedByAuto(device),
    async open({ threads, int8, precision }) {
      const { onnxExecutor } = await import("./onnx/executor.ts");
      return await onnxExecutor({ threads, int8, precision, device });
    },
    // other devices lack operations of derivatives, which the CPU computes for them
    openGradient: () => openGradient(device === "cuda" ? "cuda" : "cpu"),
  };
}

/** A GPU that is missing, computes wrong numbers, or is no faster than the CPU. */
async function refusedByAuto(device: OnnxDevice): Promise<Error | undefined> {
  if (!isTested(device)) return undefined;
  const { refusedByAuto } = await import("./gpu/tested_device.ts");
  return await refusedByAuto(() => importPackage("onnxruntime"), device);
}

async function openGradient(
  device: "cpu" | "cuda",
): Promise<GradientCompiler> {
  const { onnxInputGradient } = await import(
    "./onnx/gradients/input_gradient.ts"
  );
  return onnxInputGradient({ device });
}
