import { assertEquals, assertRejects } from "@std/assert";
import type * as onnxruntime from "onnxruntime-node";
import { LocRefError } from "../../../../lib/core/error.ts";
import { importPackage } from "../../../../lib/core/packages/import_package.ts";
import { openExecutor } from "../../../../lib/ops/open_executor.ts";
import type { AttentionForm } from "../../../../lib/ops/onnx/attention.ts";
import { selfTest } from "../../../../lib/ops/gpu/self_test.ts";

const absent = Deno.build.os === "darwin" ? "dml" : "coreml";
const ort = await importPackage("onnxruntime");

/** Values of a session's inputs or outputs by name. */
type Tensors = Record<string, onnxruntime.Tensor>;

/** An onnxruntime whose WebGPU is the CPU, with results that `change` may spoil. */
function pretending(
  change: (inputs: Tensors, outputs: Tensors) => void,
): typeof onnxruntime {
  const create = async (
    graph: Uint8Array,
    settings: onnxruntime.InferenceSession.SessionOptions,
  ) => {
    const pretended = settings.executionProviders?.[0] === "webgpu";
    const session = await ort.InferenceSession.create(graph, {
      ...settings,
      executionProviders: ["cpu"],
    });
    return {
      async run(inputs: Tensors) {
        const outputs = await session.run(inputs);
        if (pretended) change(inputs, outputs as Tensors);
        return outputs;
      },
      release: () => session.release(),
    };
  };
  return {
    env: ort.env,
    Tensor: ort.Tensor,
    listSupportedBackends: () => [{ name: "webgpu", bundled: true }],
    InferenceSession: { create },
  } as unknown as typeof onnxruntime;
}

/** Adds one to the value at the middle of a result. */
function spoil(tensor: onnxruntime.Tensor): void {
  const data = tensor.data as Float32Array;
  data[data.length >> 1]! += 1;
}

Deno.test("a device that onnxruntime was built without is no CPU in its place", async () => {
  const { failure } = await selfTest(ort, absent);
  assertEquals(failure?.startsWith("onnxruntime has none on "), true);
  await assertRejects(
    () => openExecutor(`onnx-${absent}`),
    LocRefError,
    `Backend "onnx-${absent}" is not available (onnxruntime has none on `,
  );
});

Deno.test("a device that computes what the CPU does passes", async () => {
  const found = await selfTest(pretending(() => {}), "webgpu");
  assertEquals(found.failure, undefined);
  assertEquals(found.attention, "fused");
});

const broken: [string, (inputs: Tensors) => boolean, RegExp][] = [
  ["a product", ({ x }) => x !== undefined, /^a product is wrong by /],
  ["attention", ({ text }) => text !== undefined, /^attention is wrong by /],
  [
    "a convolution of nine channels",
    ({ x9 }) => x9 !== undefined,
    /^a convolution is wrong by /,
  ],
];

for (const [name, isPart, reason] of broken) {
  Deno.test(`${name} that is wrong fails the test, and the reason names it`, async () => {
    const device = pretending((inputs, outputs) => {
      // of several results the second: a convolution of nine channels stands there
      const results = Object.values(outputs);
      if (isPart(inputs)) spoil(results[1] ?? results[0]!);
    });
    const { failure } = await selfTest(device, "webgpu");
    assertEquals(reason.test(failure ?? ""), true, failure);
  });
}

Deno.test("attention in plain operators takes the place of a fused one that is wrong", async () => {
  let seen = 0;
  const device = pretending(({ text }, outputs) => {
    if (text !== undefined && seen++ === 0) spoil(Object.values(outputs)[0]!);
  });
  const { failure, attention } = await selfTest(device, "webgpu");
  assertEquals(failure, undefined);
  assertEquals(attention !== "fused", true);
});

/** A device whose fused attention is wrong, and whose large scores `change` may spoil. */
function withoutFused(
  change: (outputs: Tensors) => void,
): typeof onnxruntime {
  let seen = 0;
  return pretending(({ text, rows }, outputs) => {
    if (text !== undefined && seen++ === 0) spoil(Object.values(outputs)[0]!);
    if (rows !== undefined) change(outputs);
  });
}

Deno.test("attention is cut finely where a device does not bind large scores, or binds them wrongly", async () => {
  const forms: [AttentionForm, (outputs: Tensors) => void][] = [
    ["plain", () => {}],
    ["tiled", (outputs) => spoil(Object.values(outputs)[0]!)],
    ["tiled", () => {
      throw new Error("Buffer size exceeds the max buffer size limit");
    }],
  ];
  for (const [form, change] of forms) {
    const found = await selfTest(withoutFused(change), "webgpu");
    assertEquals([found.failure, found.attention], [undefined, form]);
  }
});

Deno.test("a device of slow products is software, whose attention is tested where it is named only", async () => {
  const { now } = performance;
  let late = 0;
  performance.now = () => now.call(performance) + late;
  try {
    const slow = pretending(() => late += 50);
    const auto = await selfTest(slow, "webgpu", { slowToo: false });
    assertEquals([auto.software, auto.product?.side], [true, 256]);
    assertEquals([auto.attention, auto.speed], [undefined, undefined]);
    const named = await selfTest(slow, "webgpu");
    assertEquals([named.software, named.attention], [true, "fused"]);
  } finally {
    performance.now = now;
  }
});

Deno.test("numbers that are none, and a device that throws, are failures with a reason", async () => {
  const empty = pretending((_, outputs) => {
    for (const { data } of Object.values(outputs)) {
      (data as Float32Array)[0] = NaN;
    }
  });
  assertEquals(
    (await selfTest(empty, "webgpu")).failure,
    "a product is wrong by Infinity",
  );
  const lost = pretending(() => {
    throw new Error("the device was lost\nmore lines");
  });
  assertEquals((await selfTest(lost, "webgpu")).failure, "the device was lost");
});
