import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { listLossWeights } from "../../../../lib/ops/list_weights.ts";
import type { LossOps } from "../../../../lib/ops/loss_ops.ts";
import { sizeOf, type Tensor } from "../../../../lib/core/tensor.ts";
import type { OnnxOpsOptions } from "../../../../lib/ops/onnx/ops.ts";
import { openTfjs } from "../../../../lib/ops/tfjs/runtime.ts";
import type { Tf } from "../../../../lib/ops/tfjs/tf.ts";
import { noise } from "../host_ops.ts";
import { gradientCases } from "./cases.ts";
import {
  drawInputs,
  type GradientCase,
  objective,
  TapedCase,
  tfjsDerivatives,
} from "./gradient_case.ts";

for (const [name, cases] of Object.entries(gradientCases)) {
  Deno.test(`the derivative of ${name} is its slope, on onnxruntime and on TensorFlow.js`, async () => {
    const tf = await openTfjs("wasm");
    await fc.assert(
      fc.asyncProperty(cases, fc.integer({ min: 1, max: 1e6 }), async (
        one,
        seed,
      ) => {
        const taped = await TapedCase.open(one);
        try {
          const values = drawInputs(one, seed);
          await checkAgainstTfjs(tf, taped, one, values);
          await checkSlopes(taped, one, values);
        } finally {
          await taped.close();
        }
      }),
      { numRuns: 8 },
    );
  });
}

Deno.test("normalisations in plain operators, as on GPUs, have the same derivatives", async () => {
  const cases = fc.oneof(gradientCases.layerNorm!, gradientCases.groupNorm!);
  await checkForm(cases, { plainNorms: true }, (nodes, other) => {
    assert(nodes.includes("LayerNormalization"));
    assert(!other.includes("LayerNormalization"));
  });
});

Deno.test("convolutions that are left to the device's library have the same derivatives", async () => {
  const cases = fc.oneof(
    gradientCases.conv2d!,
    gradientCases["conv2d of many channels"]!,
    gradientCases["conv2d with uneven kernels, steps and zeros"]!,
  );
  let otherwise = 0;
  await checkForm(cases, { directConvolutions: true }, (nodes, other) => {
    assert(other.includes("Conv") || other.includes("FusedMatMul"));
    if (String(nodes) !== String(other)) otherwise++;
  });
  assert(otherwise > 0);
});

/** Checks that a form of the operations gives the derivatives of the usual one. */
async function checkForm(
  cases: fc.Arbitrary<GradientCase>,
  form: OnnxOpsOptions,
  checkNodes: (usual: readonly string[], other: readonly string[]) => void,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(cases, fc.integer({ min: 1, max: 1e6 }), async (
      one,
      seed,
    ) => {
      const values = drawInputs(one, seed);
      const run = async (form: OnnxOpsOptions) => {
        const taped = await TapedCase.open(one, {}, form);
        const { y, gradients } = await taped.run(values);
        await taped.close();
        const numbers = [y, ...gradients.map((x) => x!)];
        return { numbers, nodes: taped.nodes };
      };
      const usual = await run({}), other = await run(form);
      checkNodes(usual.nodes, other.nodes);
      for (const [i, expected] of usual.numbers.entries()) {
        const scale = Math.max(1, ...expected.map(Math.abs));
        for (const [at, value] of expected.entries()) {
          const error = Math.abs(other.numbers[i]![at]! - value);
          assert(error <= 1e-4 * scale, `${error} at ${at} of ${i}`);
        }
      }
    }),
    { numRuns: 8 },
  );
}

Deno.test("every operation that has a derivative is tried", () => {
  const called = new Set<string>();
  const watched = <T>(ops: LossOps<T>): LossOps<T> =>
    new Proxy(ops, {
      get(target, name: string) {
        called.add(name);
        return Reflect.get(target, name);
      },
    });
  const known = new Set<string>();
  for (const cases of Object.values(gradientCases)) {
    const [one] = fc.sample(cases, { numRuns: 1, seed: 1 });
    listLossWeights({
      name: "case",
      inputs: {},
      run: <T>(ops: LossOps<T>) => {
        for (const name of Object.keys(ops)) known.add(name);
        const values = one!.inputs.map(() => undefined as T);
        return { loss: one!.run(watched(ops), ...values) };
      },
    });
  }
  known.delete("sizeOf");
  assertEquals([...known].filter((name) => !called.has(name)), []);
});

async function checkAgainstTfjs(
  tf: Tf,
  taped: TapedCase,
  one: GradientCase,
  values: readonly Tensor[],
): Promise<void> {
  const found = await taped.run(values);
  tf.engine().startScope();
  const expected = await tfjsDerivatives(tf, one, values);
  tf.engine().endScope();
  assertClose(found.y, expected.y, "the result");
  for (const [i, gradient] of found.gradients.entries()) {
    const wanted = expected.gradients[i];
    if (wanted === undefined || gradient === undefined) {
      assert(
        (gradient ?? wanted ?? []).every((value) => value === 0),
        `only one has a derivative by input ${i}`,
      );
    } else assertClose(gradient, wanted, `the derivative by input ${i}`);
  }
}

function assertClose(
  actual: Float32Array,
  expected: Float32Array,
  what: string,
): void {
  assertEquals(actual.length, expected.length, what);
  const largest = expected.reduce((max, x) => Math.max(max, Math.abs(x)), 1);
  for (const [i, value] of actual.entries()) {
    assert(
      Math.abs(value - expected[i]!) <= 2e-5 * largest,
      `${what}: ${value} at ${i}, TensorFlow.js has ${expected[i]}`,
    );
  }
}

async function checkSlopes(
  taped: TapedCase,
  one: GradientCase,
  values: readonly Tensor[],
): Promise<void> {
  const { gradients } = await taped.run(values);
  // cases with kinks choose values that lie further from them than this
  const reach = one.inputs.some(({ values }) => values) ? 2e-2 : 3e-2;
  for (const [i, { shape, kind, constant }] of one.inputs.entries()) {
    if (constant || kind === "ids") continue;
    const direction = noise(sizeOf(shape), 7 + i).map(Math.sign);
    const at = async (step: number) => {
      const data = Float32Array.from(
        values[i]!.data,
        (value, j) => value + step * direction[j]!,
      );
      const { y } = await taped.run(values.with(i, { shape, data }));
      return objective(y, taped.shape);
    };
    const slope = await slopeOf(at, reach);
    const along = (gradients[i] ?? new Float32Array(direction.length)).reduce(
      (sum, value, j) => sum + value * direction[j]!,
      0,
    );
    assert(
      Math.abs(slope - along) <= 5e-3 * Math.max(1, Math.abs(slope)),
      `input ${i}: slope ${slope}, derivative ${along}`,
    );
  }
}

/**
 * Slope at 0 of a line and a cube that are fitted to differences of both sides up to `reach`: a
 * single step errs by the curve where it is large, and by rounding where it is small.
 */
async function slopeOf(
  at: (step: number) => Promise<number>,
  reach: number,
): Promise<number> {
  let [line, cube, h2, h4, h6] = [0, 0, 0, 0, 0];
  for (const h of [reach / 3, reach * 2 / 3, reach]) {
    const difference = (await at(h) - await at(-h)) / 2;
    line += difference * h;
    cube += difference * h ** 3;
    h2 += h ** 2;
    h4 += h ** 4;
    h6 += h ** 6;
  }
  return (h6 * line - h4 * cube) / (h2 * h6 - h4 ** 2);
}

Deno.test("at 0, where it has no slope, the derivative of abs is 0", async () => {
  const one: GradientCase = {
    inputs: [{ kind: "float", shape: [1, 1, 3], values: () => 0 }],
    result: "float",
    run: (ops, x) => ops.abs(x!),
  };
  const values = drawInputs(one, 1);
  const taped = await TapedCase.open(one);
  const { gradients } = await taped.run(values);
  await taped.close();
  const tf = await openTfjs("wasm");
  const expected = await tfjsDerivatives(tf, one, values);
  for (const found of [gradients[0]!, expected.gradients[0]!]) {
    assertEquals([...found].map(Math.abs), [0, 0, 0]);
  }
});

Deno.test("only derivatives by what is trained are written down", async () => {
  const one: GradientCase = {
    inputs: [
      { kind: "float", shape: [2, 3] },
      { kind: "weight", shape: [4, 3], constant: true },
      { kind: "weight", shape: [4, 4] },
    ],
    result: "float",
    run: (ops, x, frozen, trained) =>
      ops.linear(ops.linear(x!, frozen!), trained!),
  };
  const taped = await TapedCase.open({
    ...one,
    inputs: one.inputs.with(0, { ...one.inputs[0]!, constant: true }),
  });
  const { gradients } = await taped.run(drawInputs(one, 3));
  await taped.close();
  assertEquals(gradients.map((x) => x !== undefined), [false, false, true]);
  // two layers, and one derivative by the second's weight
  assertEquals(taped.nodes.filter((type) => type === "Gemm").length, 3);
});

Deno.test("a part that is forgotten is computed again, with the same derivatives", async () => {
  const one: GradientCase = {
    inputs: [
      { kind: "float", shape: [2, 3, 4] },
      { kind: "weight", shape: [4, 4] },
      { kind: "weight", shape: [4] },
    ],
    result: "float",
    run: (ops, x, w, v) => twoParts(ops, x!, w!, v!),
  };
  const values = drawInputs(one, 5);
  const results = [];
  for (const recompute of [false, true]) {
    const taped = await TapedCase.open(one, { recompute });
    results.push({ ...await taped.run(values), nodes: taped.nodes });
    await taped.close();
  }
  const [plain, again] = results;
  assertEquals(again!.y, plain!.y);
  for (const [i, gradient] of again!.gradients.entries()) {
    assertClose(gradient!, plain!.gradients[i]!, `the derivative by ${i}`);
  }
  const sigmoids = (nodes: readonly string[]) =>
    nodes.filter((type) => type === "Sigmoid").length;
  assertEquals(sigmoids(plain!.nodes), 2);
  // once on the way forward, for the outer part again, and for the inner part once more
  assertEquals(sigmoids(again!.nodes), 6);
});

/** Two parts of a model with a part in each, which an executor may forget. */
function twoParts<T>(ops: LossOps<T>, x: T, w: T, v: T): T {
  const part = (make: () => T) => ops.block ? ops.block(make) : make();
  let y = x;
  for (let i = 0; i < 2; i++) {
    const before = y;
    y = part(() => {
      const inner = part(() => ops.silu(ops.linear(before, w)));
      return ops.add(before, ops.mul(inner, ops.layerNorm(before, v, v, 1)));
    });
  }
  return y;
}
