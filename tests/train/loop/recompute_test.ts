import { assert, assertEquals } from "@std/assert";
import { lossAndGradients } from "../../../train/loop/gradients.ts";
import { recomputingOps } from "../../../train/loop/recompute.ts";
import type { Tf, TfScalar, TfTensor } from "../../../train/loop/tf.ts";
import type { Ops } from "../../../lib/ops/ops.ts";
import { tfjsOps } from "../../../lib/ops/tfjs/ops.ts";
import { random } from "../../../lib/core/random.ts";
import { openTfjs } from "../../../lib/ops/tfjs/runtime.ts";

const width = 6;

/** Two blocks that share an input and a weight, with a skip around the first. */
function blocksLoss(
  tf: Tf,
  ops: Ops<TfTensor>,
  { x, a, b, frozen }: Record<"x" | "a" | "b" | "frozen", TfTensor>,
): TfScalar {
  const run = (part: () => TfTensor) => ops.block ? ops.block(part) : part();
  const skip = ops.linear(x, a);
  const first = run(() => ops.gelu(ops.linear(ops.silu(skip), frozen)));
  const second = run(() =>
    ops.mul(ops.linear(ops.add(first, skip), b), ops.silu(ops.linear(first, a)))
  );
  return tf.mean(tf.square(second)) as TfScalar;
}

function tensors(tf: Tf) {
  const make = (name: string, rows: number) =>
    tf.tensor(random(name).normals(rows * width), [rows, width]) as TfTensor;
  return {
    x: make("x", 4),
    a: make("a", width),
    b: make("b", width),
    frozen: make("frozen", width),
  };
}

Deno.test("recomputed gradients are those of the plain tape", async () => {
  const tf = await openTfjs("wasm");
  const values = tensors(tf);
  const wanted = [values.a, values.b];
  const before = tf.memory().numTensors;
  const plain = lossAndGradients(
    tf,
    () => blocksLoss(tf, tfjsOps(tf), values),
    wanted,
  );
  const recomputed = lossAndGradients(
    tf,
    () => blocksLoss(tf, recomputingOps(tf, tfjsOps(tf), wanted), values),
    wanted,
  );
  assertEquals(await recomputed.loss.data(), await plain.loss.data());
  for (const [i, gradient] of plain.gradients.entries()) {
    const expected = await gradient!.data();
    const found = await recomputed.gradients[i]!.data();
    const largest = Math.max(...[...expected].map(Math.abs));
    expected.forEach((value, k) =>
      assert(Math.abs(found[k]! - value) <= 1e-6 * largest)
    );
  }
  for (const { loss, gradients } of [plain, recomputed]) {
    tf.dispose([loss, ...gradients.map((g) => g!)]);
  }
  assertEquals(tf.memory().numTensors, before, "tensors are left behind");
  tf.dispose(Object.values(values));
});

Deno.test("a recomputed block holds nothing but its result until its gradient is taken", async () => {
  const tf = await openTfjs("wasm");
  const values = tensors(tf);
  const heldBy = (ops: Ops<TfTensor>) => {
    let held = 0;
    const { loss, gradients } = lossAndGradients(tf, () => {
      const before = tf.memory().numTensors;
      const loss = tf.tidy(() => blocksLoss(tf, ops, values));
      held = tf.memory().numTensors - before;
      return loss;
    }, [values.a, values.b]);
    tf.dispose([loss, ...gradients.map((g) => g!)]);
    return held;
  };
  const plain = heldBy(tfjsOps(tf));
  const recomputed = heldBy(
    recomputingOps(tf, tfjsOps(tf), [values.a, values.b]),
  );
  assert(
    recomputed < plain / 2,
    `${recomputed} tensors held, ${plain} without`,
  );
  tf.dispose(Object.values(values));
});
