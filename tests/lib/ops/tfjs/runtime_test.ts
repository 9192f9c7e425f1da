import { assertRejects } from "@std/assert";
import { openExecutor } from "../../../../lib/ops/open_executor.ts";
import { LocRefError } from "../../../../lib/core/error.ts";

/** Opens `webgpu` where Deno's WebGPU finds `adapter`, and a warning is an error. */
async function open(adapter: object | null): Promise<unknown> {
  const before = Object.getOwnPropertyDescriptor(navigator, "gpu");
  const { warn } = console;
  const value = { requestAdapter: () => Promise.resolve(adapter) };
  Object.defineProperty(navigator, "gpu", { value, configurable: true });
  console.warn = (line: string) => {
    throw new Error(`warned: ${line}`);
  };
  try {
    return await openExecutor("webgpu");
  } finally {
    console.warn = warn;
    if (before) Object.defineProperty(navigator, "gpu", before);
    else Reflect.deleteProperty(navigator, "gpu");
  }
}

Deno.test("webgpu without an adapter says so before anything is loaded", async () => {
  await assertRejects(
    () => open(null),
    LocRefError,
    'Backend "webgpu" is not available (no adapter was found',
  );
});

Deno.test("webgpu on a processor that plays a GPU names it before anything is loaded", async () => {
  const info = { description: "llvmpipe (256 bits)", isFallbackAdapter: true };
  await assertRejects(
    () => open({ info }),
    Error,
    'warned: Backend "webgpu" computes on the processor here (llvmpipe (256 bits)): backend "onnx" is faster',
  );
});
