import type * as onnxruntime from "onnxruntime-node";
import { LocRefError } from "../../core/error.ts";
import { quote } from "../../core/quote.ts";
import { firstLine } from "../onnx/device_error.ts";
import { backendOf, type TestedDevice } from "../onnx/devices.ts";
import { GraphBuilder, type OnnxValue } from "../onnx/graph.ts";
import { runTest } from "./test_runs.ts";

/**
 * Refuses a device whose driver has no half precision.
 *
 * @throws {LocRefError} `backend-missing`.
 */
export async function checkHalf(
  ort: typeof onnxruntime,
  device: TestedDevice,
): Promise<void> {
  const graph = new GraphBuilder({ half: true });
  const cast = (x: OnnxValue, to: number) =>
    graph.node("Cast", [x], x.shape, { attributes: { to: { int: to } } });
  const x = { name: "x", shape: [16, 16] };
  const half = cast(x, 10);
  const y = cast(graph.node("MatMul", [half, half], [16, 16]), 1);
  try {
    await runTest(ort, device, { graph, inputs: [x], outputs: [y] });
  } catch (cause) {
    throw new LocRefError(
      "backend-missing",
      `Backend "${backendOf(device)}" has no half precision here (${
        quote(firstLine(cause))
      }): leave precision out`,
      { cause },
    );
  }
}
