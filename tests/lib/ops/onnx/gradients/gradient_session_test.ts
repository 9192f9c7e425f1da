import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { join } from "node:path";
import { sizeOf, tensor } from "../../../../../lib/core/tensor.ts";
import { listLossWeights } from "../../../../../lib/ops/list_weights.ts";
import type { LossProgram } from "../../../../../lib/ops/loss_program.ts";
import type { GradientSessionOptions } from "../../../../../lib/ops/onnx/gradients/gradient_graph.ts";
import {
  GradientSession,
  type WeightVector,
} from "../../../../../lib/ops/onnx/gradients/gradient_session.ts";
import {
  rowLength,
  rowsOf,
} from "../../../../../lib/ops/onnx/gradients/joined_weights.ts";
import { writeGradientProgram } from "../../../../../lib/ops/onnx/gradients/gradient_program.ts";
import { openSafetensors } from "../../../../../lib/weights/safetensors/safetensors.ts";
import { writeSafetensors } from "../../../../../lib/weights/safetensors/write_safetensors.ts";
import { noWeights } from "../../../../../train/loop/host_weights.ts";
import { noise } from "../../host_ops.ts";

/** Two convolutions, a norm and a layer; one weight acts on a metric alone. */
const program: LossProgram = {
  name: "pictures",
  inputs: { x: "image", y: "float" },
  run: (ops, weights, { x, y }) => {
    const get = weights.get.bind(weights);
    const first = ops.conv2d(x!, get("first", [32, 32, 3, 3]), undefined, {
      padding: 1,
    });
    const even = ops.groupNorm(
      ops.silu(first),
      get("norm.weight", [32]),
      get("norm.bias", [32]),
      { groups: 4, eps: 1e-5 },
    );
    const second = ops.conv2d(even, get("second", [16, 32, 3, 3]), undefined, {
      stride: 2,
      padding: 1,
    });
    const rows = ops.layerNorm(
      ops.add(ops.tokens(second), y!),
      get("rows.weight", [16]),
      get("rows.bias", [16]),
      1e-5,
    );
    const out = ops.linear(rows, get("out", [3, 16]), undefined);
    const spare = ops.mean(get("spare", [5]));
    return { loss: ops.mean(ops.mul(out, out)), metrics: { spare } };
  },
};

const shapes = { x: [2, 32, 8, 8], y: [2, 16, 16] };
const trained = new Map(
  [...listLossWeights(program)].map(([name, shape]) => [name, shape]),
);
const order = [...trained.keys()].reverse();

function vector(valueOf: (i: number) => number): WeightVector {
  const lengthOf = (name: string) =>
    rowsOf(sizeOf(trained.get(name)!)) * rowLength;
  const total = order.reduce((sum, name) => sum + lengthOf(name), 0);
  const whole = new Float32Array(total).map((_, i) => valueOf(i));
  let at = 0;
  const parts = new Map(order.map((name) => {
    const from = at;
    at += lengthOf(name);
    return [name, whole.subarray(from, from + sizeOf(trained.get(name)!))];
  }));
  return { whole, parts };
}

async function gradients(form: Partial<GradientSessionOptions>) {
  const session = await GradientSession.compile(program, {
    shapes,
    trained,
    frozen: noWeights,
    threads: 1,
    ...form,
  });
  try {
    const drawn = noise(vector(() => 0).whole.length, 3);
    const weights = vector((i) => 0.3 * drawn[i]!);
    const found = vector(() => NaN);
    const batch = Object.fromEntries(
      Object.entries(shapes).map(([name, shape], i) => [
        name,
        tensor(shape, Float32Array.from(noise(sizeOf(shape), i + 7))),
      ]),
    );
    const run = { batch, weights, gradients: found, share: 0.5 };
    const numbers = await session.run(run);
    assertEquals(await session.run(run), numbers);
    return { numbers, found };
  } finally {
    await session.dispose();
  }
}

/** Asserts that no value differs by more than 1e-5 of the largest. */
function assertClose(
  found: Float32Array,
  expected: Float32Array,
  name: string,
): void {
  const scale = Math.max(...expected.map(Math.abs));
  for (const [i, value] of expected.entries()) {
    const error = Math.abs(found[i]! - value);
    assert(error <= 1e-5 * scale, `${error} of ${scale} in "${name}"`);
  }
}

Deno.test("weights that come as one vector have the gradients of those that come each by itself", async () => {
  const apart = await gradients({}),
    joined = await gradients({ joined: order });
  assertEquals(joined.numbers, apart.numbers);
  assertEquals(joined.found.parts, apart.found.parts);
  const sumOf = (values: Iterable<number>) =>
    [...values].reduce((sum, x) => sum + Math.abs(x), 0);
  const ofParts = [...joined.found.parts.values()].map(sumOf);
  const gaps = sumOf(joined.found.whole) - sumOf(ofParts);
  assert(Math.abs(gaps) < 1e-9, "between weights lie zeros");
  assert(joined.found.parts.get("spare")!.every((value) => value === 0));
  assert(joined.found.parts.get("first")!.some((value) => value !== 0));
});

Deno.test("the form of a GPU has the loss and the gradients of the CPU's", async () => {
  const usual = await gradients({});
  const other = await gradients({
    joined: order,
    directConvolutions: true,
    plainNorms: true,
    fours: true,
  });
  assert(Math.abs(other.numbers.loss - usual.numbers.loss) < 1e-6);
  for (const [name, expected] of usual.found.parts) {
    assertClose(other.found.parts.get(name)!, expected, name);
  }
});

/** Layers and a convolution in a block, of which the inner ones are frozen. */
const partlyFrozen: LossProgram = {
  name: "partly frozen",
  inputs: { x: "image" },
  run: (ops, weights, { x }) => {
    const get = weights.get.bind(weights);
    const rows = ops.linear(ops.tokens(x!), get("first", [16, 8]), undefined);
    const { block = (part) => part() } = ops;
    const inner = block(() => {
      const wide = ops.silu(ops.linear(rows, get("wide", [16, 16]), undefined));
      const image = ops.image(wide, { height: 4, width: 4 });
      const kernel = get("kernel", [16, 16, 3, 3]);
      return ops.tokens(ops.conv2d(image, kernel, undefined, { padding: 1 }));
    });
    const out = ops.linear(inner, get("last", [3, 16]), undefined);
    return { loss: ops.mean(ops.mul(out, out)) };
  },
};

/** {@linkcode partlyFrozen} with the frozen weights in a file of half precision. */
async function withHalves(folder: string) {
  const all = listLossWeights(partlyFrozen);
  const path = join(folder, "frozen.safetensors");
  await writeSafetensors(
    path,
    new Map(["wide", "kernel"].map((name) => {
      const shape = all.get(name)!;
      const draws = noise(sizeOf(shape), name.length);
      const data = Float32Array.from(draws, (x) => x / 8);
      return [name, { shape, dtype: "F16" as const, data: () => data }];
    })),
  );
  const frozen = await openSafetensors(path);
  return {
    shapes: { x: [2, 8, 4, 4] },
    trained: new Map([...all].filter(([name]) => !frozen.info(name))),
    ...{ frozen, recompute: true, threads: 1 },
  };
}

/** Loss and gradients of a batch of noise. */
async function run(options: GradientSessionOptions) {
  const parts = (draw: (size: number) => Float32Array): WeightVector => ({
    whole: new Float32Array(rowLength),
    parts: new Map(
      [...options.trained].map(([name, s]) => [name, draw(sizeOf(s))]),
    ),
  });
  const session = await GradientSession.compile(partlyFrozen, options);
  const gradients = parts((size) => new Float32Array(size).fill(NaN));
  const values = Float32Array.from(noise(256, 5));
  const numbers = await session.run({
    batch: { x: tensor([2, 8, 4, 4], values) },
    weights: parts((size) => Float32Array.from(noise(size, 9), (x) => x / 8)),
    ...{ gradients, share: 1 },
  });
  await session.dispose();
  return { numbers, parts: gradients.parts };
}

/** Of each cast of a weight from half precision, how many nodes read the result. */
async function readersOfCasts(options: GradientSessionOptions) {
  const { graph } = await writeGradientProgram(partlyFrozen, options);
  return graph.nodes
    .filter(({ type, inputs }) => type === "Cast" && /\.F16/.test(inputs[0]!))
    .map(({ outputs }) =>
      graph.nodes.filter(({ inputs }) => inputs.includes(outputs[0]!)).length
    );
}

Deno.test("where inner values are computed again, large frozen weights of half precision stay so, and each reader widens them to the same gradients", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const options = await withHalves(folder);
    const held = { ...options, heldFrom: 0 };
    const usual = await run(options), found = await run(held);
    assertAlmostEquals(found.numbers.loss, usual.numbers.loss, 1e-5);
    for (const [name, expected] of usual.parts) {
      assertClose(found.parts.get(name)!, expected, name);
    }
    const [once, each] = [
      await readersOfCasts(options),
      await readersOfCasts(held),
    ];
    assertEquals(once.length, 2);
    assert(once.some((readers) => readers > 1));
    assert(each.length > 2 && each.every((readers) => readers === 1));
    const small = { ...options, heldFrom: 2 ** 30 };
    assertEquals(await readersOfCasts(small), once);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
