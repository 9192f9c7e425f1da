import { assert, assertEquals, assertRejects } from "@std/assert";
import { random } from "../../../lib/core/random.ts";
import type { LossProgram } from "../../../lib/ops/loss_program.ts";
import { openGradient } from "../../../lib/ops/open_gradient.ts";
import { memoryWeights } from "./memory_weights.ts";

const shape = [2, 4, 6, 5];
const size = 2 * 4 * 6 * 5;

/** The sum of squares of what a convolution makes of the latents, plus a part that does not depend on them. */
const energy: LossProgram = {
  name: "energy",
  inputs: { sample: "image", offset: "float" },
  run: (ops, weights, { sample, offset }) => {
    const kernel = weights.get("kernel", [3, 4, 3, 3]);
    const seen = ops.conv2d(sample!, kernel, undefined, { padding: 1 });
    const tokens = ops.tokens(ops.silu(seen));
    return {
      loss: ops.add(ops.sum(ops.mul(tokens, tokens)), ops.sum(offset!)),
    };
  },
};

const weights = memoryWeights({
  kernel: { shape: [3, 4, 3, 3], data: random("kernel").normals(108) },
});
const sample = { shape, data: random("sample").normals(size) };
const offset = { shape: [1, 1, 1], data: Float32Array.of(0.5) };
const shapes = { sample: shape, offset: offset.shape };

for (const backend of ["onnx", "wasm"] as const) {
  Deno.test(`the derivative of an energy by the latents is its slope on ${backend}`, async () => {
    const compile = await openGradient(backend);
    const compiled = await compile(energy, { weights, by: "sample", shapes });
    const { gradient } = await compiled.run({ sample, offset });
    assertEquals(gradient.shape, shape);
    const direction = random("direction").normals(size);
    const at = async (step: number) => {
      const data = sample.data.map((x, i) => x + step * direction[i]!);
      const moved = { shape, data };
      return (await compiled.run({ sample: moved, offset })).loss;
    };
    const slope = (await at(1e-2) - await at(-1e-2)) / 2e-2;
    const along = direction.reduce(
      (sum, x, i) => sum + x * (gradient.data as Float32Array)[i]!,
      0,
    );
    await compiled.dispose();
    assert(
      Math.abs(slope - along) < 1e-3 * Math.abs(slope),
      `slope ${slope}, derivative ${along}`,
    );
  });

  Deno.test(`where a loss does not depend on the input its derivative is zero on ${backend}`, async () => {
    const compile = await openGradient(backend);
    const compiled = await compile({
      ...energy,
      run: (ops, _weights, { offset }) => ({ loss: ops.sum(offset!) }),
    }, { weights: memoryWeights(), by: "sample", shapes });
    const { loss, gradient } = await compiled.run({ sample, offset });
    await compiled.dispose();
    assertEquals(loss, 0.5);
    assertEquals([...gradient.data], Array(size).fill(0));
  });
}

Deno.test("an input that the loss does not have is refused, with the names there are", async () => {
  const compile = await openGradient("onnx");
  await assertRejects(
    () => compile(energy, { weights, by: "sampel", shapes }),
    RangeError,
    "sample",
  );
});

Deno.test("a backend without gradients is refused by name", async () => {
  await assertRejects(
    () => openGradient("onnx-webgpu"),
    Error,
    '"onnx-webgpu" has no gradients',
  );
});
