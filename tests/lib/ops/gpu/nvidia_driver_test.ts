import { assert, assertEquals } from "@std/assert";
import { mayHaveNvidiaDriver } from "../../../../lib/ops/gpu/nvidia_driver.ts";
import { openExecutor } from "../../../../lib/ops/open_executor.ts";

Deno.test("on Linux a driver leaves a trace", () => {
  assert(mayHaveNvidiaDriver("linux", (path) => path === "/dev/nvidiactl"));
  assert(!mayHaveNvidiaDriver("linux", () => false));
});

Deno.test("a trace that may not be read counts as missing, and the driver's library is looked for", () => {
  const refuse = (path: string) => {
    if (/^\/(proc|dev)\//.test(path)) throw new Deno.errors.NotCapable(path);
    return false;
  };
  assert(!mayHaveNvidiaDriver("linux", refuse));
  const library = "/usr/lib/x86_64-linux-gnu/libcuda.so.1";
  assert(
    mayHaveNvidiaDriver("linux", (path) => path === library || refuse(path)),
  );
  assert(!mayHaveNvidiaDriver("linux", (path) => path === library));
});

Deno.test("elsewhere there may always be a driver", () => {
  assert(mayHaveNvidiaDriver("win32", () => false));
});

Deno.test("auto says why each backend before the one it takes failed", async () => {
  const { executor, name, tried } = await openExecutor();
  const before = ["tensorflow-gpu", "onnx-cuda", "onnx-webgpu", "onnx"];
  assertEquals(
    tried.map(({ name }) => name),
    before.slice(0, before.indexOf(name)),
  );
  for (const one of tried) {
    assert(one.reason.startsWith(`Backend "${one.name}" is not available (`));
  }
  await executor.dispose();
});
