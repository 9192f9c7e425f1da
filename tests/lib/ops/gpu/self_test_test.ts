import { assertEquals, assertRejects } from "@std/assert";
import { LocRefError } from "../../../../lib/core/error.ts";
import { importPackage } from "../../../../lib/core/packages/import_package.ts";
import { openExecutor } from "../../../../lib/ops/open_executor.ts";
import { selfTest } from "../../../../lib/ops/gpu/self_test.ts";

const absent = Deno.build.os === "darwin" ? "dml" : "coreml";

Deno.test("a device that onnxruntime was built without is no CPU in its place", async () => {
  const ort = await importPackage("onnxruntime");
  const { failure } = await selfTest(ort, absent);
  assertEquals(failure?.startsWith("onnxruntime has none on "), true);
  await assertRejects(
    () => openExecutor(`onnx-${absent}`),
    LocRefError,
    `Backend "onnx-${absent}" is not available (onnxruntime has none on `,
  );
});
