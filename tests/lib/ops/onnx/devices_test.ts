import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { existsSync } from "node:fs";
import {
  deviceSettings,
  losesDigitsInNorms,
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

Deno.test("means are taken off before norms on WebGPU alone, whose provider loses digits", () => {
  assertEquals(devices.filter(losesDigitsInNorms), ["webgpu"]);
});

/** Software devices of Vulkan that WebGPU takes: SwiftShader, where Chromium is installed. */
const swiftshader = [
  "/usr/lib/chromium/vk_swiftshader_icd.json",
  "/usr/lib64/chromium-browser/vk_swiftshader_icd.json",
  "/opt/google/chrome/vk_swiftshader_icd.json",
].find((path) => existsSync(path));

/** Prints the largest value of a norm of values of mean 10 that spread by 0.01. */
const normed = `
  import { onnxExecutor } from "./lib/ops/onnx/executor.ts";
  const executor = await onnxExecutor({ device: "webgpu", attention: "plain" });
  const shape = [1, 8, 4, 4], data = new Float32Array(128);
  data.forEach((_, i) => data[i] = 10 + (i % 2 - 0.5) / 100);
  const runner = await executor.compile({
    name: "norm",
    inputs: { x: { kind: "image", shape } },
    outputs: { y: { kind: "image", shape } },
    run: (ops, _, { x }) => {
      const [ones, zeros] = [1, 0].map((one) => ops.constant([8], Array(8).fill(one)));
      return { y: ops.groupNorm(x, ones, zeros, { groups: 8, eps: 1e-6 }) };
    },
  }, { names: () => [], info: () => undefined });
  const { y } = await runner.run({ x: { shape, data } });
  console.log(Math.max(...y.data));
  await executor.dispose();
`;

Deno.test({
  name: "values far from zero are normed right on WebGPU",
  ignore: swiftshader === undefined,
}, async () => {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", normed],
    cwd: fromFileUrl(new URL("../../../..", import.meta.url)),
    env: { VK_ICD_FILENAMES: swiftshader! },
  }).output();
  const text = new TextDecoder();
  const largest = Number(text.decode(stdout).trim() || NaN);
  // half the spread over its root of squares, beside the epsilon
  const expected = 0.005 / Math.sqrt(0.005 ** 2 + 1e-6);
  const error = Math.abs(largest - expected);
  assert(error < 1e-3, `${largest}; ${text.decode(stderr)}`);
});
