import { assert, assertEquals, assertRejects } from "@std/assert";
import { LocRefError } from "../../../lib/core/error.ts";
import { random } from "../../../lib/core/random.ts";
import type { Tensor } from "../../../lib/core/tensor.ts";
import { backends } from "../../../lib/ops/backends.ts";
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

for (const backend of ["onnx", "onnx-webgpu", "wasm", "cpu"] as const) {
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
  backends.add({
    name: "no-gradients",
    summary: "a backend of a program's own",
    open: () => Promise.reject(new Error("not opened here")),
  });
  await assertRejects(
    () => openGradient("no-gradients"),
    LocRefError,
    '"no-gradients" has no gradients: use ',
  );
});

for (const backend of ["onnx", "wasm"] as const) {
  Deno.test(`a batch or a loss that is none is refused with its name on ${backend}`, async () => {
    const compile = await openGradient(backend);
    const compiled = await compile(energy, { weights, by: "sample", shapes });
    const wrong: [Record<string, Tensor>, string][] = [
      [{ sample }, 'A batch of "energy" lacks "offset", it has ["sample"]'],
      [
        { sample, offset: { shape: [1, 1, 1], data: Int32Array.of(1) } },
        '"offset" of a batch of "energy" must be a Float32Array, got an Int32Array',
      ],
      [
        { sample, offset: { shape: [0, 1, 1], data: new Float32Array(0) } },
        '"offset" of a batch of "energy" is empty, its shape is [0, 1, 1]',
      ],
      [
        { sample, offset: { shape: [2, 1, 1], data: Float32Array.of(1) } },
        '"offset" of a batch of "energy" has 1 values, its shape is [2, 1, 1]',
      ],
    ];
    for (const [inputs, message] of wrong) {
      await assertRejects(() => compiled.run(inputs), Error, message);
    }
    await compiled.dispose();
    const several: LossProgram = {
      ...energy,
      run: (ops, _weights, { sample }) => ({ loss: ops.tokens(sample!) }),
    };
    await assertRejects(
      async () => {
        const opened = await compile(several, {
          weights,
          by: "sample",
          shapes,
        });
        try {
          await opened.run({ sample, offset });
        } finally {
          await opened.dispose();
        }
      },
      RangeError,
      '"loss" of "energy" must be one number, got the shape [2, 30, 4]: take its mean',
    );
  });
}
