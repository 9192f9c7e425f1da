import { assertEquals, assertRejects } from "@std/assert";
import type * as onnxruntime from "onnxruntime-node";
import { LocRefError } from "../../../../lib/core/error.ts";
import { importPackage } from "../../../../lib/core/packages/import_package.ts";
import { checkHalf } from "../../../../lib/ops/gpu/check_half.ts";

const ort = await importPackage("onnxruntime");

/** An onnxruntime whose WebGPU is the CPU; `change` may spoil what its sessions compute, or throw. */
function pretending(
  change: (session: number, values: Float32Array) => void = () => {},
): typeof onnxruntime {
  let sessions = 0;
  const create = async (
    graph: Uint8Array,
    settings: onnxruntime.InferenceSession.SessionOptions,
  ) => {
    const session = await ort.InferenceSession.create(graph, {
      ...settings,
      executionProviders: ["cpu"],
    });
    if (settings.executionProviders?.[0] !== "webgpu") return session;
    const number = sessions++;
    return {
      async run(inputs: Record<string, onnxruntime.Tensor>) {
        const outputs = await session.run(inputs);
        const [first] = Object.values(outputs);
        change(number, first!.data as Float32Array);
        return outputs;
      },
      release: () => session.release(),
    };
  };
  return {
    ...{ env: ort.env, Tensor: ort.Tensor },
    InferenceSession: { create },
  } as unknown as typeof onnxruntime;
}

Deno.test("a form of attention that is right in halves is kept", async () => {
  for (const form of ["fused", "plain", "tiled"] as const) {
    assertEquals(await checkHalf(pretending(), "webgpu", form), form);
  }
});

Deno.test("attention that is wrong in halves alone is written in plain operators", async () => {
  const device = pretending((session, values) => {
    if (session === 0) values[0]! += 1;
  });
  assertEquals(await checkHalf(device, "webgpu", "fused"), "tiled");
});

Deno.test("a device whose halves are wrong in every form is refused", async () => {
  for (const form of ["fused", "plain"] as const) {
    const device = pretending((_, values) => values[0] = NaN);
    await assertRejects(
      () => checkHalf(device, "webgpu", form),
      LocRefError,
      'Backend "onnx-webgpu" has no half precision here ("attention is wrong by Infinity"): leave precision out',
    );
  }
});

Deno.test("a driver without half precision is refused with what to leave out", async () => {
  const device = pretending(() => {
    throw new Error("\nThe f16 extension is not enabled.\nmore");
  });
  const error = await assertRejects(
    () => checkHalf(device, "webgpu", "fused"),
    LocRefError,
    'Backend "onnx-webgpu" has no half precision here ("The f16 extension is not enabled"): leave precision out',
  );
  assertEquals(error.code, "backend-missing");
});
