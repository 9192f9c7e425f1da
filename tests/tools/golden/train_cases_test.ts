import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { openTfjs } from "../../../lib/ops/tfjs/runtime.ts";
import { openTraining } from "../../../train/backends/open_training.ts";
import { trainCase } from "../../../tools/golden/train_cases.ts";

// without recomputation these cases are among those of `golden_test.ts`
const dir = fromFileUrl(new URL("../../goldens", import.meta.url));

Deno.test("three steps on Eq. (2) agree with PyTorch when blocks are recomputed", async () => {
  const tf = await openTfjs("wasm");
  const before = tf.memory().numTensors;
  for (const backend of ["wasm", "onnx"] as const) {
    const training = await openTraining(backend);
    const { ok, error, bound } = await trainCase(training, dir, {
      recompute: true,
    });
    assert(ok, `${backend}: ${error} is above ${bound}`);
  }
  assertEquals(tf.memory().numTensors, before);
});
