import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { openTfjs } from "../../../lib/ops/tfjs/runtime.ts";
import type { TfjsBackend } from "../../../lib/ops/tfjs/tf.ts";
import { trainCase, trainGolden } from "../../../tools/golden/train_cases.ts";

const dir = fromFileUrl(new URL("../../goldens", import.meta.url));

for (const backend of ["wasm", "tensorflow"] as TfjsBackend[]) {
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
  const { ok, error, bound } = await trainCase(tf, dir, { recompute: true });
  assert(ok, `${error} is above ${bound}`);
  assertEquals(tf.memory().numTensors, before);
});
