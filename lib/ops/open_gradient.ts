import { LocRefError } from "../core/error.ts";
import type { GradientCompiler } from "./input_gradient.ts";
import type { BackendName } from "./open_executor.ts";

/**
 * The compiler of derivatives by an input on `backend`: that of the executor which runs the model, so
 * that guidance needs no second runtime.
 *
 * ```ts ignore
 * const compile = await openGradient("onnx");
 * const energy = await compile(program, { weights, by: "sample", shapes });
 * const { loss, gradient } = await energy.run({ sample, text });
 * ```
 *
 * @throws {LocRefError} `backend-missing` if the backend has no gradients, or does not work here.
 */
export async function openGradient(
  backend: BackendName,
): Promise<GradientCompiler> {
  switch (backend) {
    case "onnx":
    case "onnx-cuda": {
      const { onnxInputGradient } = await import(
        "./onnx/gradients/input_gradient.ts"
      );
      return onnxInputGradient({
        device: backend === "onnx" ? "cpu" : "cuda",
      });
    }
    case "onnx-webgpu":
    case "onnx-dml":
    case "onnx-coreml":
      throw new LocRefError(
        "backend-missing",
        `Backend "${backend}" has no gradients, use "onnx" or one of TensorFlow.js`,
      );
    default: {
      const { openTfjs } = await import("./tfjs/runtime.ts");
      const { tfjsInputGradient } = await import("./tfjs/input_gradient.ts");
      return tfjsInputGradient(await openTfjs(backend));
    }
  }
}
