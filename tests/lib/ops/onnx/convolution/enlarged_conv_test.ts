import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Program } from "../../../../../lib/ops/executor.ts";
import {
  type ConvolutionCase,
  convolve,
  nodeTypes,
} from "./convolution_case.ts";

/** A picture of twice the size, convolved. */
function enlarged(one: ConvolutionCase, more: { rows?: number } = {}): Program {
  const { channels, out, height, width, bias } = one;
  const large = { height: 2 * height + (more.rows ?? 0), width: 2 * width };
  return {
    name: "enlarged",
    inputs: {
      x: { kind: "image", shape: ["batch", channels, height, width] },
    },
    outputs: {
      y: { kind: "image", shape: ["batch", out, large.height, large.width] },
    },
    run: (ops, params, { x }) => ({
      y: ops.conv2d(
        ops.upsample(x!, large),
        params.get("weight", [out, channels, 3, 3]),
        bias ? params.get("bias", [out]) : undefined,
        { padding: 1 },
      ),
    }),
  };
}

Deno.test("four convolutions of the small picture are that of the large one", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        channels: fc.integer({ min: 144, max: 146 }),
        out: fc.integer({ min: 1, max: 6 }),
        height: fc.integer({ min: 64, max: 70 }),
        width: fc.integer({ min: 64, max: 70 }),
        batch: fc.integer({ min: 1, max: 2 }),
        bias: fc.boolean(),
      }),
      async (one) => {
        const direct = await convolve(enlarged(one), one, Infinity);
        const found = await convolve(enlarged(one), one, 1);
        assertEquals(found.shape, direct.shape);
        found.data.forEach((value, i) => {
          assert(Math.abs(value - direct.data[i]!) <= 1e-4, `at ${i}`);
        });
      },
    ),
    { numRuns: 6 },
  );
});

Deno.test("only enlargements to twice the size take the form, and leave no node behind", async () => {
  const one = {
    ...{ channels: 144, out: 3, height: 64, width: 64 },
    ...{ batch: 1, bias: true },
  };
  const types = (program: Program, winogradFrom: number) =>
    nodeTypes(program, one, winogradFrom);
  const small = await types(enlarged(one), 1);
  assertEquals(small.filter((type) => type === "Conv").length, 4);
  assert(!small.includes("Resize"));
  const plain = ["Resize", "Conv", "Identity"];
  assertEquals(await types(enlarged(one), Infinity), plain);
  assertEquals(await types(enlarged(one, { rows: 1 }), 1e9), plain);
  assert((await types(enlarged(one, { rows: 1 }), 1)).includes("Resize"));
  for (const less of [{ height: 32 }, { channels: 64 }]) {
    const program = enlarged({ ...one, ...less });
    assert((await types(program, 1)).includes("Resize"));
  }
});
