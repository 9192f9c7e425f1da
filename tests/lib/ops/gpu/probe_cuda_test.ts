import { assert, assertEquals, assertRejects } from "@std/assert";
import type * as onnxruntime from "onnxruntime-node";
import { LocRefError } from "../../../../lib/core/error.ts";
import { importPackage } from "../../../../lib/core/packages/import_package.ts";
import { probeCuda } from "../../../../lib/ops/gpu/probe_cuda.ts";

const { env } = await importPackage("onnxruntime");

/** An onnxruntime with the named providers, whose sessions begin or fail. */
function pretending(
  providers: readonly string[],
  create: () => Promise<unknown>,
): typeof onnxruntime {
  return {
    env,
    listSupportedBackends: () => providers.map((name) => ({ name })),
    InferenceSession: { create },
  } as unknown as typeof onnxruntime;
}

Deno.test("where onnxruntime was built without CUDA, another backend is named and nothing to install", async () => {
  const ort = pretending(["cpu", "webgpu", "dml"], () => {
    throw new TypeError("a session was created");
  });
  const { code, message } = await assertRejects(
    () => probeCuda(ort),
    LocRefError,
  );
  assertEquals(code, "backend-missing");
  assert(
    /^Backend "onnx-cuda" is not available \(onnxruntime has none on \w+ \w+\): use backend "onnx-webgpu"$/
      .test(message),
    message,
  );
});

Deno.test("a CUDA provider that does not begin is refused with the driver and the command that it needs", async () => {
  const reason = "CUDA driver version is insufficient for CUDA runtime version";
  const ort = pretending(
    ["cpu", "cuda"],
    () => Promise.reject(new Error(reason)),
  );
  const { code, message } = await assertRejects(
    () => probeCuda(ort),
    LocRefError,
    `Backend "onnx-cuda" is not available (${reason}`,
  );
  assertEquals(code, "backend-missing");
  assert(message.includes("driver of version 580 or newer"), message);
  assert(/setup.cuda --libraries` fetches$/.test(message), message);
});

Deno.test("a CUDA provider that begins passes, and its session is freed", async () => {
  let freed = 0;
  const release = () => Promise.resolve(freed++);
  await probeCuda(
    pretending(["cpu", "cuda"], () => Promise.resolve({ release })),
  );
  assertEquals(freed, 1);
});
