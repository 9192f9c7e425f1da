import { assertEquals } from "@std/assert";
import {
  deviceSettings,
  type OnnxDevice,
} from "../../../../lib/ops/onnx/devices.ts";
import { sessionSettings } from "../../../../lib/ops/onnx/session.ts";

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

Deno.test("threads of a large graph's session sleep too", () => {
  const weight = { name: "w", type: "F16", shape: [2] } as const;
  const external = { file: "w", offset: 0, length: 8 };
  const initializers = [{ ...weight, external }];
  const settings = sessionSettings({ ...empty, initializers }, {
    largeFrom: 4,
  });
  assertEquals(settings.extra, {
    session: {
      intra_op: { allow_spinning: "0" },
      disable_prepacking: "1",
    },
  });
});
