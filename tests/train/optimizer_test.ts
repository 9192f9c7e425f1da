import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { clipFactor, globalNorm } from "../../train/optimizer/clip.ts";
import { Optimizer } from "../../train/optimizer/optimizer.ts";
import { scheduleFactor } from "../../train/optimizer/schedule.ts";
import { makeBuckets } from "../../train/optimizer/buckets.ts";
import type { TfScalar } from "../../train/loop/tf.ts";
import { openTfjs } from "../../lib/ops/tfjs/runtime.ts";

Deno.test("a cosine rises in its warm-up, begins at 1 and ends on its floor", () => {
  const schedule = { kind: "cosine", warmup: 4, floor: 0.1 } as const;
  const at = (step: number) => scheduleFactor(step, 104, schedule);
  assertEquals([0, 1, 3, 4].map(at), [0.25, 0.5, 1, 1]);
  assertAlmostEquals(at(54), 0.55, 1e-12);
  assertAlmostEquals(at(104), 0.1, 1e-12);
});

Deno.test("clipping leaves small gradients alone and shortens large ones to the limit", async () => {
  const tf = await openTfjs("wasm");
  const gradients = [tf.tensor([3, 0]), tf.tensor([4])];
  const norm = globalNorm(tf, gradients);
  assertAlmostEquals((await norm.data())[0]!, 5, 1e-5);
  const [small] = await clipFactor(tf, norm, 10).data();
  const [large] = await clipFactor(tf, norm, 1).data();
  assertEquals(small, 1);
  assertAlmostEquals(large!, 0.2, 1e-6);
  tf.disposeVariables();
});

Deno.test("buckets hold every weight once and keep to their limit", () => {
  fc.assert(fc.property(
    fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 }),
    fc.integer({ min: 1, max: 100 }),
    (sizes, limit) => {
      const shapes = new Map(sizes.map((size, i) => [`w${i}`, [size]]));
      const decays = (name: string) => name.endsWith("1");
      const buckets = makeBuckets(shapes, { limit, decays });
      const names = buckets.flatMap(({ places }) => places.map((p) => p.name));
      assertEquals(names.toSorted(), [...shapes.keys()].toSorted());
      for (const { places, size, decay } of buckets) {
        assert(size <= limit || places.length === 1);
        assert(places.every(({ name }) => decays(name) === decay));
      }
    },
  ));
});

Deno.test("weight decay spares the weights that it is told to spare", async () => {
  const tf = await openTfjs("wasm");
  const one = { shape: [1], data: Float32Array.of(1) };
  const optimizer = new Optimizer(
    tf,
    new Map([["a.weight", one], ["a.bias", one]]),
    {
      learningRate: 0.1,
      weightDecay: 0.5,
      decays: (name) => name.endsWith("weight"),
    },
  );
  const gradients = optimizer.join(new Map());
  optimizer.step(gradients, 1, 1).norm.dispose();
  const after = await optimizer.export();
  assertAlmostEquals(after.get("a.weight")!.data[0]!, 0.95, 1e-6);
  assertEquals(after.get("a.bias")!.data[0], 1);
  optimizer.dispose();
  tf.dispose(gradients);
});

Deno.test("kernels of convolutions keep PyTorch's order through the device", async () => {
  const tf = await openTfjs("wasm");
  const data = Float32Array.from({ length: 2 * 3 * 2 * 2 }, (_, i) => i);
  const weights = new Map([["conv.weight", { shape: [2, 3, 2, 2], data }]]);
  const optimizer = new Optimizer(tf, weights);
  assertEquals(optimizer.tensors.get("conv.weight")!.shape, [2, 2, 3, 2]);
  assertEquals((await optimizer.export()).get("conv.weight")!.data, data);
  optimizer.dispose();
});

Deno.test("the moving average follows the weights, fast at first", async () => {
  const tf = await openTfjs("wasm");
  const start = new Map([["w", { shape: [1], data: Float32Array.of(0) }]]);
  const optimizer = new Optimizer(tf, start, {
    learningRate: 1,
    weightDecay: 0,
    ema: 0.999,
  });
  const gradient = tf.tensor([-1]) as TfScalar;
  for (let step = 1; step <= 3; step++) {
    optimizer.step([gradient], step, 3).norm.dispose();
  }
  const [weight] = await optimizer.tensors.get("w")!.data();
  const average = (await optimizer.export()).get("w")!.data[0]!;
  // AdamW under a constant gradient goes one learning rate a step
  assertAlmostEquals(weight!, 3, 1e-4);
  assert(average > 1.5 && average < 3, `average is ${average}`);
  optimizer.dispose();
  gradient.dispose();
});
