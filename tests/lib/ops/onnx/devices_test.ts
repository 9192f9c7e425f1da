import { assertEquals } from "@std/assert";
import {
  deviceSettings,
  type OnnxDevice,
} from "../../../../lib/ops/onnx/devices.ts";
import { sessionSettings } from "../../../../lib/ops/onnx/executor.ts";

const devices: readonly OnnxDevice[] = ["cpu", "cuda", "webgpu", "dml"];
const empty = {
  ...{ name: "graph", nodes: [], inputs: [], outputs: [] },
  initializers: [],
};

Deno.test("threads of a session sleep while they wait, whatever the device", () => {
  for (const device of devices) {
    for (
      const { extra } of [
        deviceSettings(device),
        sessionSettings(empty, { device, threads: 2 }),
      ]
    ) {
      assertEquals(extra, { session: { intra_op: { allow_spinning: "0" } } });
    }
  }
});
