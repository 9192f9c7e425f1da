import { assertEquals, assertRejects } from "@std/assert";
import { LocRefError } from "../../../../lib/core/error.ts";
import {
  failReads,
  type WatchedBackend,
} from "../../../../lib/ops/tfjs/device_failures.ts";

/** A backend whose device breaks limits and is lost on request. */
function backendOf(read: () => Promise<unknown>) {
  const { promise: lost, resolve: lose } = Promise.withResolvers<object>();
  const device = Object.assign(new EventTarget(), { lost });
  const backend: WatchedBackend = { device, read };
  failReads(backend);
  return {
    read: () => backend.read({}),
    lose: () => lose({}),
    break: (message: string) => {
      const event = new Event("uncapturederror");
      device.dispatchEvent(Object.assign(event, { error: { message } }));
    },
  };
}

Deno.test("while a device works, values are read as they are", async () => {
  assertEquals(await backendOf(() => Promise.resolve([1])).read(), [1]);
});

Deno.test("a lost device fails every read with one sentence that says what to do", async () => {
  const backend = backendOf(() => Promise.resolve([0]));
  backend.lose();
  for (let i = 0; i < 2; i++) {
    const error = await assertRejects(backend.read, LocRefError);
    assertEquals(error.code, "backend-failed");
    assertEquals(
      error.message,
      'Backend "webgpu" lost its device: start the process again, or use backend "onnx"',
    );
  }
});

Deno.test("a read that fails before its device shows as lost has the same sentence", async () => {
  const backend = backendOf(() => {
    setTimeout(backend.lose);
    return Promise.reject(new Error("validation error occurred"));
  });
  await assertRejects(backend.read, LocRefError, "lost its device");
});

Deno.test("dropped work fails one read, since a smaller picture may fit", async () => {
  const backend = backendOf(() => Promise.resolve([0]));
  backend.break("binding size 4000000000 is larger than the maximum");
  await assertRejects(
    backend.read,
    LocRefError,
    'Backend "webgpu" dropped work ("binding size 4000000000 is larger than the maximum"): make a smaller picture',
  );
  assertEquals(await backend.read(), [0]);
});

Deno.test("a read that fails for another reason keeps its error", async () => {
  const cause = new Error("no such value");
  const error = await assertRejects(
    backendOf(() => Promise.reject(cause)).read,
  );
  assertEquals(error, cause);
});
