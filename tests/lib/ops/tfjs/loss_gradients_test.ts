import { assert, assertEquals } from "@std/assert";
import type { Tensor } from "@tensorflow/tfjs";
import type { LossOps } from "../../../../lib/ops/loss_ops.ts";
import type { LossProgram } from "../../../../lib/ops/loss_program.ts";
import { Params } from "../../../../lib/ops/params.ts";
import { lossGradients } from "../../../../lib/ops/tfjs/loss_gradients.ts";
import { openTfjs } from "../../../../lib/ops/tfjs/runtime.ts";
import { random } from "../../../../lib/core/random.ts";

const width = 6;
const tf = await openTfjs("wasm");

/** Two blocks that share an input and a weight, with a skip around the first. */
const program: LossProgram = {
  name: "blocks",
  inputs: { x: "float" },
  run: <T>(ops: LossOps<T>, weights: Params<T>, { x }: Record<string, T>) => {
    const [a, b, frozen] = ["a", "b", "frozen"].map((name) =>
      weights.get(name, [width, width])
    ) as [T, T, T];
    const run = (part: () => T) => ops.block ? ops.block(part) : part();
    const skip = ops.linear(x!, a);
    const first = run(() => ops.gelu(ops.linear(ops.silu(skip), frozen)));
    const second = run(() =>
      ops.mul(
        ops.linear(ops.add(first, skip), b),
        ops.silu(ops.linear(first, a)),
      )
    );
    peak = Math.max(peak, tf.memory().numTensors);
    return { loss: ops.mean(ops.mul(second, second)), metrics: {} };
  },
} as LossProgram;

/** Most tensors at the end of a way forward. */
let peak = 0;

function tensors(): Record<"x" | "a" | "b" | "frozen", Tensor> {
  const make = (name: string, rows: number) =>
    tf.tensor(random(name).normals(rows * width), [rows, width]) as Tensor;
  return {
    x: make("x", 4),
    a: make("a", width),
    b: make("b", width),
    frozen: make("frozen", width),
  };
}

function gradientsOf(
  { x, ...weights }: ReturnType<typeof tensors>,
  recompute: boolean,
) {
  const before = tf.memory().numTensors;
  peak = 0;
  const found = lossGradients(tf, program, {
    weights: new Params((name) => weights[name as "a"]),
    batch: { x },
    by: [weights.a, weights.b],
    recompute,
  });
  return { ...found, held: peak - before };
}

Deno.test("recomputed gradients are those of the plain tape, and no tensor is left behind", async () => {
  const values = tensors();
  const before = tf.memory().numTensors;
  const plain = gradientsOf(values, false);
  const recomputed = gradientsOf(values, true);
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
  assertEquals(tf.memory().numTensors, before);
  tf.dispose(Object.values(values));
});

Deno.test("a recomputed block holds nothing but its result until its gradient is taken", () => {
  const values = tensors();
  const [plain, recomputed] = [false, true].map((recompute) => {
    const { loss, gradients, held } = gradientsOf(values, recompute);
    tf.dispose([loss, ...gradients.map((g) => g!)]);
    return held;
  });
  // the loss's two inputs, one layer and the two blocks
  assert(recomputed! < plain! / 2, `${recomputed} held, ${plain} without`);
  tf.dispose(Object.values(values));
});
