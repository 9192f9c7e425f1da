import { assert, assertEquals } from "@std/assert";
import { random } from "../../../lib/core/random.ts";
import { OnnxOptimizer } from "../../../train/backends/onnx_optimizer.ts";
import type { HostWeights } from "../../../train/loop/host_weights.ts";

const shapes = { decayed: [7, 11], bias: [5], other: [3, 13] };
const weights: HostWeights = new Map(
  Object.entries(shapes).map(([name, shape], seed) => {
    const data = random(seed, 0).normals(shape.reduce((a, b) => a * b, 1));
    return [name, { shape, data }];
  }),
);

/** Three steps with a learning rate high enough to be seen. */
async function afterSteps(threads: number, clip?: number) {
  const optimizer = new OnnxOptimizer(weights, {
    learningRate: 0.1,
    weightDecay: 0.2,
    ema: 0.5,
    clip,
    decays: (name) => name !== "bias",
  }, { count: threads });
  const norms: number[] = [];
  try {
    for (let step = 1; step <= 3; step++) {
      const { gradient } = optimizer;
      gradient.set(random(9, step).normals(gradient.length));
      norms.push((await optimizer.step(step, 3)).norm);
    }
    const current = [...optimizer.weights.values()].map((x) => x.slice());
    return { norms, saved: optimizer.save(), current };
  } finally {
    optimizer.dispose();
  }
}

Deno.test("threads take the steps of AdamW that one takes", async () => {
  const alone = await afterSteps(1), together = await afterSteps(3);
  assertEquals(together.saved, alone.saved);
  assertEquals(together.current, alone.current);
  const [weight] = alone.current;
  assertEquals(weight, alone.saved.get("weights.decayed")!.data);
  assert(weight!.some((x, i) => x !== weights.get("decayed")!.data[i]));
});

Deno.test("threads find the norm by which gradients are clipped", async () => {
  const alone = await afterSteps(1, 0.5), together = await afterSteps(4, 0.5);
  for (const [i, norm] of alone.norms.entries()) {
    assert(norm > 1 && Math.abs(together.norms[i]! / norm - 1) < 1e-12);
  }
  for (const [name, { data }] of alone.saved) {
    for (const [i, value] of data.entries()) {
      const other = together.saved.get(name)!.data[i]!;
      assert(Math.abs(other - value) <= 1e-6 * Math.max(1, Math.abs(value)));
    }
  }
});

Deno.test("threads change nothing where a gradient is no number", async () => {
  const optimizer = new OnnxOptimizer(weights, {}, { count: 2 });
  try {
    optimizer.gradient.fill(NaN);
    assertEquals((await optimizer.step(1, 1)).norm, NaN);
    assertEquals(optimizer.export(), weights);
  } finally {
    optimizer.dispose();
  }
});

Deno.test("threads go on from what another optimizer saved", async () => {
  const { saved } = await afterSteps(1);
  const optimizer = new OnnxOptimizer(weights, { ema: 0.5 }, { count: 2 });
  try {
    optimizer.restore(saved);
    assertEquals(optimizer.save(), saved);
    assertEquals(
      optimizer.weights.get("other"),
      saved.get("weights.other")!.data,
    );
  } finally {
    optimizer.dispose();
  }
});
