import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Program } from "../../../../../lib/ops/executor.ts";
import {
  directMultiplications,
  winogradPays,
} from "../../../../../lib/ops/onnx/convolution/winograd.ts";
import {
  type ConvolutionCase,
  convolve,
  graphOf,
  nodeTypes,
} from "./convolution_case.ts";

function convolution(one: ConvolutionCase, padding = 1): Program {
  const { channels, out, height, width, bias } = one;
  const shape = ["batch", channels, height, width];
  return {
    name: "convolution",
    inputs: { x: { kind: "image", shape } },
    outputs: { y: { kind: "image", shape: shape.with(1, out) } },
    run: (ops, params, { x }) => ({
      y: ops.conv2d(
        x!,
        params.get("weight", [out, channels, 3, 3]),
        bias ? params.get("bias", [out]) : undefined,
        { padding },
      ),
    }),
  };
}

Deno.test("Winograd's form is the convolution, for all sizes of pictures and batches", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        channels: fc.integer({ min: 1, max: 9 }),
        out: fc.integer({ min: 1, max: 9 }),
        height: fc.integer({ min: 1, max: 21 }),
        width: fc.integer({ min: 1, max: 21 }),
        batch: fc.integer({ min: 1, max: 3 }),
        bias: fc.boolean(),
      }),
      async (one) => {
        const direct = await convolve(convolution(one), one, Infinity);
        const found = await convolve(convolution(one), one, 0);
        assertEquals(found.shape, direct.shape);
        const largest = Math.max(...direct.data.map(Math.abs));
        found.data.forEach((value, i) => {
          assert(Math.abs(value - direct.data[i]!) <= 2e-5 * (1 + largest));
        });
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("only convolutions that it is told to are in Winograd's form", async () => {
  const one = {
    ...{ channels: 2, out: 3, height: 8, width: 8 },
    ...{ batch: 1, bias: true },
  };
  const types = (winogradFrom: number, padding = 1) =>
    nodeTypes(convolution(one, padding), one, winogradFrom);
  assert((await types(0)).includes("DepthToSpace"));
  assertEquals(await types(Infinity), ["Conv", "Identity"]);
  assertEquals(await types(0, 0), ["Conv", "Identity"]);
  assertEquals(await types(directMultiplications(one)), ["Conv", "Identity"]);
});

Deno.test("Winograd's form pays for many channels in pictures that have tiles enough", () => {
  const square = (channels: number, side: number) => ({
    ...{ channels, out: channels, height: side, width: side },
  });
  for (const [channels, side] of [[320, 64], [640, 32], [1280, 16]] as const) {
    assert(winogradPays(square(channels, side)), `${channels} at ${side}`);
  }
  assert(!winogradPays(square(1280, 8)), "weights cost more than they save");
  assert(!winogradPays(square(8, 512)), "transforms cost more than they save");
  assert(!winogradPays(square(64, 256)), "memory bounds the transforms");
  assert(!winogradPays({ ...square(320, 64), out: 128 }), "as above");
  assert(!winogradPays(square(256, 1024)), "windows take 2.4 GB");
});

Deno.test("transformed weights are not kept beside the weights", async () => {
  const one = {
    ...{ channels: 4, out: 4, height: 8, width: 8 },
    ...{ batch: 1, bias: false },
  };
  const { inputs, nodes } = await graphOf(convolution(one), one, 0);
  const names = inputs.map(({ name }) => name);
  const reshape = nodes.find(({ inputs }) => inputs[0] === "weight")!;
  assertEquals(reshape.type, "Reshape");
  assert(names.includes(reshape.inputs[1]!), "onnxruntime would fold it");
});
