import { assert, assertEquals } from "@std/assert";
import { openTfjs } from "../../../lib/ops/tfjs/runtime.ts";
import {
  FusedAdamwBucket,
  hasFusedAdam,
} from "../../../train/optimizer/fused_adamw.ts";
import { PlainAdamwBucket } from "../../../train/optimizer/plain_adamw.ts";
import { random } from "../../../lib/core/random.ts";

Deno.test("only TensorFlow has a fused kernel of Adam", async () => {
  assert(!hasFusedAdam(await openTfjs("wasm")));
  assert(hasFusedAdam(await openTfjs("tensorflow")));
});

Deno.test("the fused kernel takes the steps of single operations and leaves no tensor behind", async () => {
  const tf = await openTfjs("tensorflow");
  const before = tf.memory().numTensors;
  const start = tf.tensor(random("start").normals(1000));
  const buckets = [
    new FusedAdamwBucket(tf, start),
    new PlainAdamwBucket(tf, start),
  ];
  const held = tf.memory().numTensors;
  for (let step = 1; step <= 20; step++) {
    const gradient = tf.tensor(random("gradient", step).normals(1000));
    for (const bucket of buckets) {
      bucket.step(gradient, step, { learningRate: 0.01, weightDecay: 0.3 });
    }
    gradient.dispose();
  }
  assertEquals(tf.memory().numTensors, held);
  for (const kind of ["weights", "mean", "square"] as const) {
    const [fused, plain] = buckets.map((bucket) => bucket.read(kind));
    const expected = await plain!.data<"float32">();
    const found = await fused!.data<"float32">();
    const scale = Math.max(...expected.map(Math.abs));
    expected.forEach((value, i) =>
      assert(Math.abs(value - found[i]!) <= 2e-5 * scale, kind)
    );
    tf.dispose([fused!, plain!]);
  }
  for (const bucket of buckets) bucket.dispose();
  start.dispose();
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("under equal gradients each step of the fused kernel is the learning rate, to the digits of float32", async () => {
  const tf = await openTfjs("tensorflow");
  const start = tf.zeros([4]), gradient = tf.fill([4], 0.5);
  const bucket = new FusedAdamwBucket(tf, start);
  for (let step = 1; step <= 10; step++) {
    bucket.step(gradient, step, { learningRate: 0.01, weightDecay: 0 });
    const weights = bucket.read("weights");
    for (const value of await weights.data<"float32">()) {
      const error = Math.abs(value / (-0.01 * step) - 1);
      assert(error < 1e-6, `${error} after step ${step}`);
    }
    weights.dispose();
  }
  bucket.dispose();
  tf.dispose([start, gradient]);
});
