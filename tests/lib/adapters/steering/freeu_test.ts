import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { freeuGraph } from "../../../../lib/adapters/steering/freeu.ts";
import type { Joined } from "../../../../lib/bases/hooks.ts";
import { type Tensor, tensor } from "../../../../lib/core/tensor.ts";
import { floats } from "../../../../lib/core/tensor_rows.ts";
import { onnxExecutor } from "../../../../lib/ops/onnx/executor.ts";
import type { Program } from "../../../../lib/ops/executor.ts";
import { memoryWeights } from "../../../../lib/weights/weight_sources.ts";

const factors = { b1: 1.5, b2: 1.25, s1: 0.5, s2: 0.25 };

/** Features and skip of a block, as FreeU's hook changes them. */
async function joined(
  block: number,
  { x, skip }: Joined<Tensor>,
): Promise<Joined<Tensor>> {
  const graph = freeuGraph(factors);
  const program: Program = {
    name: `freeu_${block}`,
    inputs: {
      x: { kind: "image", shape: x.shape },
      skip: { kind: "image", shape: skip.shape },
    },
    outputs: {
      features: { kind: "image", shape: x.shape },
      joining: { kind: "image", shape: skip.shape },
    },
    run: (ops, params, { x, skip }) => {
      const places = { size: { height: 1, width: 1 }, sites: [] };
      const hooks = graph.hooks(ops, params, {}, {
        ...places,
        skips: [],
        levels: [],
      });
      const both = hooks.join!({ block }, { x: x!, skip: skip! });
      return { features: both.x, joining: both.skip };
    },
  };
  const executor = await onnxExecutor();
  const runner = await executor.compile(program, memoryWeights(new Map()));
  try {
    const out = await runner.run({ x, skip });
    return { x: out.features!, skip: out.joining! };
  } finally {
    await runner.dispose();
    await executor.dispose();
  }
}

/** One channel with its frequencies 0 and −1 times a factor, by Fourier sums. */
function filtered(
  channel: Float32Array,
  { height, width }: { height: number; width: number },
  factor: number,
): number[] {
  const out = Array.from(channel);
  for (let u = 0; u < height; u++) {
    for (let v = 0; v < width; v++) {
      // the shifted spectrum's two by two cells around its middle
      const low = (at: number, length: number) => {
        const middle = Math.floor(length / 2);
        const shifted = (at + middle) % length;
        return shifted === middle || shifted === middle - 1;
      };
      if (!low(u, height) || !low(v, width)) continue;
      let re = 0, im = 0;
      channel.forEach((value, i) => {
        const angle = 2 * Math.PI *
          (u * Math.floor(i / width) / height + v * (i % width) / width);
        re += value * Math.cos(angle);
        im -= value * Math.sin(angle);
      });
      out.forEach((_, i) => {
        const angle = 2 * Math.PI *
          (u * Math.floor(i / width) / height + v * (i % width) / width);
        out[i]! += (factor - 1) / channel.length *
          (re * Math.cos(angle) - im * Math.sin(angle));
      });
    }
  }
  return out;
}

function image(height: number, width: number, seed: number): Tensor {
  const data = new Float32Array(4 * height * width);
  data.forEach((_, i) => data[i] = Math.sin(seed + 1.7 * i) * (1 + i % 5));
  return tensor([1, 4, height, width], data);
}

Deno.test("skips lose what a Fourier transform calls their lowest frequencies, at every size", async () => {
  const side = fc.integer({ min: 1, max: 7 });
  await fc.assert(
    fc.asyncProperty(side, side, fc.boolean(), async (height, width, first) => {
      const skip = image(height, width, height + width);
      const given = { x: image(height, width, 3), skip };
      const { skip: out } = await joined(first ? 0 : 1, given);
      const cells = height * width;
      const factor = first ? factors.s1 : factors.s2;
      for (let c = 0; c < 4; c++) {
        const own = floats(skip).subarray(c * cells, (c + 1) * cells);
        const wanted = filtered(own, { height, width }, factor);
        const found = floats(out).subarray(c * cells, (c + 1) * cells);
        wanted.forEach((value, i) =>
          assert(Math.abs(value - found[i]!) < 1e-4, `cell ${i} of ${c}`)
        );
      }
    }),
    { numRuns: 12 },
  );
});

Deno.test("the first half of the features becomes stronger, block by block", async () => {
  const given = { x: image(3, 2, 1), skip: image(3, 2, 2) };
  for (const [block, factor] of [factors.b1, factors.b2].entries()) {
    const { x } = await joined(block, given);
    const wanted = floats(given.x).map((value, i) =>
      i < 12 ? Math.fround(value * factor) : value
    );
    assertEquals(floats(x), wanted);
  }
});

Deno.test("blocks after the second stay as they are", async () => {
  const given = { x: image(3, 2, 1), skip: image(3, 2, 2) };
  const { x, skip } = await joined(2, given);
  assertEquals(floats(x), floats(given.x));
  assertEquals(floats(skip), floats(given.skip));
});
