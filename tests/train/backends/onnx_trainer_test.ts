import { assert, assertEquals, assertRejects } from "@std/assert";
import { random } from "../../../lib/core/random.ts";
import { tensor } from "../../../lib/core/tensor.ts";
import type { LossProgram } from "../../../lib/ops/loss_program.ts";
import { onnxTraining } from "../../../train/backends/onnx_trainer.ts";
import { noWeights } from "../../../train/loop/host_weights.ts";

const width = 1024;

/** Two wide layers whose loss is a mean over samples, so that threads may share a batch. */
const program: LossProgram = {
  name: "wide",
  inputs: { x: "float", y: "float" },
  perSample: true,
  run: (ops, weights, { x, y }) => {
    const hidden = ops.silu(ops.linear(x!, weights.get("w", [width, width])));
    const miss = ops.sub(ops.linear(hidden, weights.get("v", [8, width])), y!);
    return {
      loss: ops.mean(ops.mul(miss, miss)),
      metrics: { miss: ops.mean(miss) },
    };
  },
};

function values(seed: number, ...shape: number[]) {
  const data = random(seed, 0).normals(shape.reduce((a, b) => a * b, 1));
  return { shape, data: data.map((x) => x / 8) };
}

function noise(seed: number, ...shape: number[]) {
  return tensor(shape, values(seed, ...shape).data);
}

async function openTrainer(threads: number) {
  const backend = await onnxTraining({ threads });
  return await backend.open({
    program,
    trainable: new Map([
      ["w", values(1, width, width)],
      ["v", values(2, 8, width)],
    ]),
    frozen: noWeights,
    optimizer: { clip: 1, ema: 0.5, learningRate: 1e-3 },
  });
}

function batch(seed: number, samples: number) {
  return { x: noise(seed, samples, width), y: noise(seed + 1, samples, 8) };
}

/** Steps on batches of 8 and 5 samples, then on one of 8. */
async function train(threads: number) {
  const trainer = await openTrainer(threads);
  try {
    const losses = [
      await trainer.accumulate(batch(3, 8), 8 / 13),
      await trainer.accumulate(batch(5, 5), 5 / 13),
    ];
    const gradients = await trainer.gradients();
    const { norm } = await trainer.update(1, 2);
    losses.push(await trainer.accumulate(batch(7, 8), 1));
    return { losses, gradients, norm, saved: await trainer.save() };
  } finally {
    await trainer.dispose();
  }
}

/** Largest difference, of the largest value. */
function apart(a: Float32Array, b: Float32Array): number {
  const largest = a.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  assert(largest > 0);
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0) /
    largest;
}

Deno.test("threads that share a batch find the gradients that one finds", async () => {
  const alone = await train(1), together = await train(2);
  for (const [i, numbers] of alone.losses.entries()) {
    for (const [name, value] of Object.entries(numbers)) {
      assert(Math.abs(together.losses[i]![name]! - value) < 1e-5);
    }
  }
  assert(Math.abs(together.norm / alone.norm - 1) < 1e-5);
  for (const [name, { shape, data }] of alone.gradients) {
    const other = together.gradients.get(name)!;
    assertEquals(other.shape, shape);
    assert(apart(data, other.data) < 1e-5, name);
  }
  for (const name of ["mean.w", "average.v"]) {
    const { data } = alone.saved.get(name)!;
    assert(apart(data, together.saved.get(name)!.data) < 1e-4, name);
  }
});

Deno.test("threads that share a batch find the same bits again", async () => {
  const [once, again] = [await train(2), await train(2)];
  assertEquals(again.losses, once.losses);
  assertEquals(again.saved.get("weights.w"), once.saved.get("weights.w"));
});

Deno.test("a thread that ends fails the step, and no other is left running", async () => {
  const begun: Worker[] = [], ended = new Set<Worker>();
  const Threads = globalThis.Worker;
  globalThis.Worker = class extends Threads {
    constructor(module: string | URL, options?: WorkerOptions) {
      super(module, options);
      begun.push(this);
    }
    override terminate() {
      ended.add(this);
      super.terminate();
    }
  };
  try {
    const trainer = await openTrainer(2);
    await trainer.accumulate(batch(3, 8), 1);
    const ofGradients = begun.at(-1)!;
    ofGradients.dispatchEvent(
      new ErrorEvent("error", { message: "gone", cancelable: true }),
    );
    const message = "A thread of gradients ended: gone";
    await assertRejects(
      () => trainer.accumulate(batch(5, 8), 1),
      Error,
      message,
    );
    await assertRejects(() => trainer.dispose(), Error, message);
  } finally {
    globalThis.Worker = Threads;
  }
  assertEquals(begun.length, 4);
  assertEquals(ended.size, 4);
});
