import { assert } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { openTraining } from "../../../train/backends/open_training.ts";
import { trainCase } from "../../../tools/golden/train_cases.ts";

// without recomputation these cases are among those of `golden_test.ts`, on wasm as well
const dir = fromFileUrl(new URL("../../goldens", import.meta.url));

Deno.test("three steps on Eq. (2) agree with PyTorch when blocks are recomputed", async () => {
  const training = await openTraining("onnx");
  const { ok, error, bound } = await trainCase(training, dir, {
    recompute: true,
  });
  assert(ok, `${error} is above ${bound}`);
});
