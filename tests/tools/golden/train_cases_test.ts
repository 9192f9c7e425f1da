import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { openTfjs } from "../../../lib/ops/tfjs/runtime.ts";
import { openTraining } from "../../../train/backends/open_training.ts";
import { trainCase, trainGolden } from "../../../tools/golden/train_cases.ts";

const dir = fromFileUrl(new URL("../../goldens", import.meta.url));

for (const backend of ["wasm", "tensorflow", "onnx"] as const) {
  Deno.test(`AdamW and three steps on Eq. (2) agree with PyTorch on ${backend}`, async () => {
    const results = await trainGolden(dir, backend);
    assertEquals(results.map((result) => result.case), ["adamw", "train"]);
    for (const { case: name, error, bound, ok } of results) {
      assert(ok, `${name}: ${error} is above ${bound}`);
    }
  });
}

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
