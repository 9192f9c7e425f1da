import type * as onnxruntime from "onnxruntime-node";
import { LocRefError } from "../../core/error.ts";
import { quote } from "../../core/quote.ts";
import type { AttentionForm } from "../onnx/attention.ts";
import { firstLine } from "../onnx/device_error.ts";
import { backendOf, type TestedDevice } from "../onnx/devices.ts";
import { attentionGraph } from "./test_graphs.ts";
import { distance, runTest, wrong } from "./test_runs.ts";

/** Largest error of half precision beside float32 on the CPU that counts as right. */
const halfBound = 2e-2;

/**
 * How attention is right on a device in half precision, whose kernels are others than float32's: the
 * given form, or plain operators where the fused one is wrong.
 *
 * @throws {LocRefError} `backend-missing` if the driver has no half precision, or none that is right.
 */
export async function checkHalf(
  ort: typeof onnxruntime,
  device: TestedDevice,
  attention: AttentionForm,
): Promise<AttentionForm> {
  const expected = await runTest(ort, "cpu", attentionGraph("fused"));
  const forms: AttentionForm[] = attention === "fused"
    ? ["fused", "tiled"]
    : [attention];
  let failure: unknown;
  for (const form of forms) {
    try {
      const graph = attentionGraph(form, { half: true });
      const error = distance(expected, await runTest(ort, device, graph));
      if (error <= halfBound) return form;
      failure = new Error(wrong("attention", error));
    } catch (cause) {
      failure = cause;
    }
  }
  const reason = quote(firstLine(failure));
  throw new LocRefError(
    "backend-missing",
    `Backend "${
      backendOf(device)
    }" has no half precision here (${reason}): leave precision out`,
    { cause: failure },
  );
}
