import { assertAlmostEquals, assertEquals } from "@std/assert";
import { flopsOf } from "../../bench/arithmetic.ts";
import type { Program } from "../../lib/ops/executor.ts";
import { stableDiffusion15 } from "../../lib/bases/sd/stable_diffusion_15.ts";
import { unetProgram } from "../../lib/bases/sd/unet_program.ts";

Deno.test("a linear layer multiplies and adds once for each token and weight", () => {
  const program: Program = {
    name: "linear",
    inputs: { x: { kind: "float", shape: ["batch", 7, 3] } },
    outputs: {},
    run: (ops, p, { x }) => ({
      y: ops.linear(x!, p.get("weight", [5, 3])),
    }),
  };
  assertEquals(flopsOf(program, { batch: 2 }), 2 * 2 * 7 * 3 * 5);
});

Deno.test("SD 1.5's UNet takes 803 GFLOP", () => {
  const size = { height: 64, width: 64 };
  const program = unetProgram(stableDiffusion15, { size });
  const flops = flopsOf(program, { batch: 1, text_tokens: 77 });
  assertAlmostEquals(flops / 803e9, 1, 0.01);
});
