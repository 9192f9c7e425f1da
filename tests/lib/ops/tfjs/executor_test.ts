import { assert, assertEquals, assertRejects } from "@std/assert";
import { LocRefError } from "../../../../lib/core/error.ts";
import type {
  Executor,
  ModelFunction,
  Program,
  Signature,
} from "../../../../lib/ops/executor.ts";
import { type Tensor, tensor } from "../../../../lib/core/tensor.ts";
import { tfjsExecutor } from "../../../../lib/ops/tfjs/executor.ts";
import { openTfjs } from "../../../../lib/ops/tfjs/runtime.ts";
import {
  attention,
  conv2d,
  groupNorm,
  imageOf,
  layerNorm,
  noise,
  normalCdf,
  rowsOf,
} from "../host_ops.ts";
import { memoryWeights } from "../memory_weights.ts";
import { tfjsBackends } from "../tfjs_backends.ts";

const backends = await tfjsBackends();

/** A test on every backend that works here. */
function everywhere(
  name: string,
  run: (executor: Executor) => Promise<void>,
): void {
  for (const backend of backends) {
    Deno.test(`${name} on ${backend}`, async () => {
      const executor = await tfjsExecutor(backend);
      await run(executor);
      await executor.dispose();
    });
  }
}

interface Case {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly kinds?: Readonly<Record<string, Signature["kind"]>>;
  readonly weights?: Parameters<typeof memoryWeights>[0];
  readonly output?: Signature["kind"];
  readonly run: <T>(
    ...args: Parameters<ModelFunction>
  ) => ReturnType<ModelFunction>;
}

async function compute(executor: Executor, test: Case): Promise<Tensor> {
  const { inputs, kinds = {}, weights, output = "float", run } = test;
  const program: Program = {
    name: "test",
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([name, { shape }]) => [
        name,
        { kind: kinds[name] ?? "float", shape },
      ]),
    ),
    outputs: { y: { kind: output, shape: [] } },
    run: run as ModelFunction,
  };
  const runner = await executor.compile(program, memoryWeights(weights));
  const { y } = await runner.run(inputs);
  await runner.dispose();
  return y!;
}

function random(shape: readonly number[], seed: number): Tensor {
  const count = shape.reduce((product, length) => product * length, 1);
  return tensor(shape, Float32Array.from(noise(count, seed)));
}

function assertClose(
  actual: Tensor,
  expected: readonly number[],
  bound = 2e-6,
): void {
  assertEquals(actual.data.length, expected.length);
  const worst = expected.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - actual.data[i]!)),
    0,
  );
  assert(worst <= bound, `off by ${worst}`);
}

for (
  const { stride, padding, pad } of [
    { stride: 1, padding: 1, pad: [1, 1, 1, 1] },
    { stride: 1, padding: 0, pad: [0, 0, 0, 0] },
    { stride: 2, padding: 1, pad: [1, 1, 1, 1] },
    {
      stride: 2,
      padding: { top: 0, right: 1, bottom: 1, left: 0 },
      pad: [0, 1, 1, 0],
    },
  ] as const
) {
  everywhere(
    `conv2d of stride ${stride} with padding ${pad} is a sum over pixels`,
    async (executor) => {
      const x = random([2, 3, 6, 8], 1);
      const weight = random([4, 3, 3, 3], 2), bias = random([4], 3);
      const y = await compute(executor, {
        inputs: { x },
        kinds: { x: "image" },
        weights: { weight, bias },
        output: "image",
        run: (ops, p, { x }) => ({
          y: ops.conv2d(
            x!,
            p.get("weight", weight.shape),
            p.get("bias", [4]),
            { stride, padding },
          ),
        }),
      });
      const filters = [0, 1, 2, 3].map((out) =>
        imageOf(weight.data.subarray(out * 27, (out + 1) * 27), 3, 3)
      );
      const expected = [0, 1].flatMap((n) =>
        conv2d(
          imageOf(x.data.subarray(n * 144, (n + 1) * 144), 6, 8),
          filters,
          [...bias.data],
          { stride, pad },
        ).flat(2)
      );
      assertClose(y, expected);
    },
  );
}

everywhere("groupNorm normalises groups of channels", async (executor) => {
  const x = random([2, 6, 3, 5], 4);
  // Far from zero, where a variance by difference of squares would lose its digits.
  const far = tensor(x.shape, Float32Array.from(x.data, (v) => v + 30));
  const weight = random([6], 5), bias = random([6], 6);
  const options = { groups: 3, eps: 1e-5 };
  const y = await compute(executor, {
    inputs: { x: far },
    kinds: { x: "image" },
    weights: { weight, bias },
    output: "image",
    run: (ops, p, { x }) => ({
      y: ops.groupNorm(x!, p.get("weight", [6]), p.get("bias", [6]), options),
    }),
  });
  const expected = [0, 1].flatMap((n) =>
    groupNorm(
      imageOf(far.data.subarray(n * 90, (n + 1) * 90), 3, 5),
      [...weight.data],
      [...bias.data],
      options,
    ).flat(2)
  );
  assertClose(y, expected, 2e-5);
});

everywhere("layerNorm normalises each token", async (executor) => {
  const x = random([2, 3, 8], 7);
  const weight = random([8], 8), bias = random([8], 9);
  const y = await compute(executor, {
    inputs: { x },
    weights: { weight, bias },
    run: (ops, p, { x }) => ({
      y: ops.layerNorm(x!, p.get("weight", [8]), p.get("bias", [8]), 1e-5),
    }),
  });
  const rows = rowsOf(x.data, 8);
  assertClose(
    y,
    layerNorm(rows, [...weight.data], [...bias.data], 1e-5).flat(),
  );
});

for (const causal of [false, true]) {
  everywhere(
    `attention ${causal ? "with a causal mask " : ""}is a mean of the values`,
    async (executor) => {
      const inputs = {
        q: random([2, 5, 8], 10),
        k: random([2, 5, 8], 11),
        v: random([2, 5, 8], 12),
      };
      const y = await compute(executor, {
        inputs,
        run: (ops, _, { q, k, v }) => ({
          y: ops.attention(q!, k!, v!, { heads: 2, causal }),
        }),
      });
      const of = (x: Tensor, n: number) =>
        rowsOf(x.data.subarray(n * 40, (n + 1) * 40), 8);
      const expected = [0, 1].flatMap((n) =>
        attention(of(inputs.q, n), of(inputs.k, n), of(inputs.v, n), {
          heads: 2,
          causal,
        }).flat()
      );
      assertClose(y, expected);
    },
  );
}

everywhere(
  "regionAttention is the weighted sum of its groups' attentions",
  async (executor) => {
    const inputs = {
      q: random([2, 4, 6], 13),
      k: random([2, 3, 5, 6], 14),
      v: random([2, 3, 5, 6], 15),
      weights: random([2, 3, 4], 16),
    };
    const y = await compute(executor, {
      inputs,
      run: (ops, _, { q, k, v, weights }) => ({
        y: ops.regionAttention(q!, k!, v!, weights!, { heads: 2 }),
      }),
    });
    const expected = [0, 1].flatMap((n) => {
      const q = rowsOf(inputs.q.data.subarray(n * 24, (n + 1) * 24), 6);
      const sum = q.map((row) => row.map(() => 0));
      for (let group = 0; group < 3; group++) {
        const from = (n * 3 + group) * 30;
        const [k, v] = [inputs.k, inputs.v].map(({ data }) =>
          rowsOf(data.subarray(from, from + 30), 6)
        );
        attention(q, k!, v!, { heads: 2 }).forEach((row, i) =>
          row.forEach((value, j) =>
            sum[i]![j]! += inputs.weights.data[(n * 3 + group) * 4 + i]! * value
          )
        );
      }
      return sum.flat();
    });
    assertClose(y, expected);
  },
);

everywhere("gelu is exact to a millionth", async (executor) => {
  const x = tensor(
    [1, 161],
    Float32Array.from({ length: 161 }, (_, i) => i / 10 - 8),
  );
  const y = await compute(executor, {
    inputs: { x },
    run: (ops, _, { x }) => ({ y: ops.gelu(x!) }),
  });
  assertClose(y, Array.from(x.data, (v) => v * normalCdf(v)), 1e-6);
});

everywhere("silu and quickGelu are gated by a sigmoid", async (executor) => {
  const x = random([1, 50], 17);
  const y = await compute(executor, {
    inputs: { x },
    run: (ops, _, { x }) => ({ y: ops.add(ops.silu(x!), ops.quickGelu(x!)) }),
  });
  const gated = (v: number, factor: number) => v / (1 + Math.exp(-factor * v));
  assertClose(y, Array.from(x.data, (v) => gated(v, 1) + gated(v, 1.702)));
});

everywhere("relu keeps what is above 0", async (executor) => {
  const x = random([2, 50], 21);
  const y = await compute(executor, {
    inputs: { x },
    run: (ops, _, { x }) => ({ y: ops.relu(x!) }),
  });
  assertClose(y, Array.from(x.data, (v) => Math.max(v, 0)));
});

everywhere("linear multiplies by the transposed weight", async (executor) => {
  const x = random([2, 3, 4], 18);
  const weight = random([5, 4], 19), bias = random([5], 20);
  const y = await compute(executor, {
    inputs: { x },
    weights: { weight, bias },
    run: (ops, p, { x }) => ({
      y: ops.linear(x!, p.get("weight", [5, 4]), p.get("bias", [5])),
    }),
  });
  const filters = rowsOf(weight.data, 4);
  const expected = rowsOf(x.data, 4).flatMap((row) =>
    filters.map((filter, out) =>
      filter.reduce((sum, w, i) => sum + w * row[i]!, bias.data[out]!)
    )
  );
  assertClose(y, expected);
});

everywhere(
  "an image as tokens and back is the same image",
  async (executor) => {
    const x = random([2, 3, 4, 5], 21);
    const y = await compute(executor, {
      inputs: { x },
      kinds: { x: "image" },
      output: "image",
      run: (ops, _, { x }) => ({
        y: ops.image(ops.tokens(x!), { height: 4, width: 5 }),
      }),
    });
    assertEquals([...y.data], [...x.data]);
  },
);

everywhere(
  "tokens run row by row, with the channels last",
  async (executor) => {
    const x = random([1, 2, 2, 3], 22);
    const y = await compute(executor, {
      inputs: { x },
      kinds: { x: "image" },
      run: (ops, _, { x }) => ({ y: ops.tokens(x!) }),
    });
    const expected = Array.from(
      { length: 6 },
      (_, i) => [x.data[i]!, x.data[6 + i]!],
    );
    assertEquals([...y.data], expected.flat());
  },
);

everywhere("upsample repeats pixels", async (executor) => {
  const x = random([2, 1, 2, 2], 23);
  const y = await compute(executor, {
    inputs: { x },
    kinds: { x: "image" },
    output: "image",
    run: (ops, _, { x }) => ({ y: ops.upsample(x!, { height: 4, width: 6 }) }),
  });
  assertEquals(y.shape, [2, 1, 4, 6]);
  const expected = [0, 1].flatMap((n) =>
    [0, 0, 1, 1].flatMap((i) =>
      [0, 0, 0, 1, 1, 1].map((j) => x.data[n * 4 + i * 2 + j]!)
    )
  );
  assertEquals([...y.data], expected);
});

everywhere("embedding looks rows up", async (executor) => {
  const table = random([7, 3], 24);
  const y = await compute(executor, {
    inputs: { ids: tensor([2, 2], Int32Array.of(6, 0, 3, 3)) },
    kinds: { ids: "ids" },
    weights: { table },
    run: (ops, p, { ids }) => ({
      y: ops.embedding(ids!, p.get("table", [7, 3])),
    }),
  });
  const rows = rowsOf(table.data, 3);
  assertEquals(y.shape, [2, 2, 3]);
  assertEquals([...y.data], [6, 0, 3, 3].flatMap((id) => rows[id]!));
});

everywhere("runs leave no tensors behind", async (executor) => {
  const { name } = executor;
  const tf = await openTfjs(name as Parameters<typeof openTfjs>[0]);
  const weight = random([4, 3, 3, 3], 25);
  const program: Program = {
    name: "test",
    inputs: { x: { kind: "image", shape: ["batch", 3, 4, 4] } },
    outputs: { y: { kind: "image", shape: ["batch", 4, 4, 4] } },
    run: (ops, p, { x }) => ({
      y: ops.silu(
        ops.conv2d(x!, p.get("weight", weight.shape), undefined, {
          padding: 1,
        }),
      ),
    }),
  };
  const before = tf.memory().numTensors;
  const runner = await executor.compile(program, memoryWeights({ weight }));
  const x = random([1, 3, 4, 4], 26);
  const first = await runner.run({ x });
  const held = tf.memory().numTensors;
  for (let i = 0; i < 20; i++) {
    const again = await runner.run({ x });
    assertEquals([...again.y!.data], [...first.y!.data]);
  }
  assertEquals(tf.memory().numTensors, held);
  await runner.dispose();
  assertEquals(tf.memory().numTensors, before);
});

const noGpu = await openTfjs("tensorflow-gpu").then(() => false, () => true);

Deno.test({
  name: "a missing backend says what to do",
  ignore: !noGpu,
  async fn() {
    const error = await assertRejects(
      () => tfjsExecutor("tensorflow-gpu"),
      LocRefError,
      "deno task setup:tensorflow --gpu",
    );
    assertEquals(error.code, "backend-missing");
  },
});

everywhere(
  "inputs that do not come again leave nothing on the device",
  async (executor) => {
    const tf = await openTfjs(executor.name as (typeof backends)[number]);
    const program: Program = {
      name: "test",
      inputs: { x: { kind: "float", shape: [1, 4] } },
      outputs: { y: { kind: "float", shape: [1, 4] } },
      run: (ops, _, { x }) => ({ y: ops.silu(x!) }),
    };
    const once = await executor.compile(program, memoryWeights(), {
      inputsComeAgain: false,
    });
    const before = tf.memory().numTensors;
    const results = await Promise.all([1, 2, 3].map(async (value) => {
      const x = tensor([1, 4], new Float32Array(4).fill(value));
      return (await once.run({ x })).y!.data[0]!;
    }));
    assert(results[0]! < results[1]! && results[1]! < results[2]!);
    assertEquals(tf.memory().numTensors, before);
  },
);
