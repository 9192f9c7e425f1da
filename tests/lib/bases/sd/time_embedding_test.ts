import { assertAlmostEquals, assertEquals } from "@std/assert";
import { stableDiffusion15 } from "../../../../lib/bases/sd/stable_diffusion_15.ts";
import {
  addedInput,
  guidanceInput,
  sinusoids,
} from "../../../../lib/bases/sd/time_embedding.ts";
import { tensor } from "../../../../lib/core/tensor.ts";

Deno.test("the pooled text comes first, then the sinusoids of each size in their order", () => {
  const config = { ...stableDiffusion15, addition_time_embed_dim: 4 };
  const pooled = tensor([2, 3], Float32Array.of(1, 2, 3, 4, 5, 6));
  const ids = tensor(
    [2, 6],
    Float32Array.of(96, 160, 8, 24, 128, 112, 64, 64, 0, 0, 128, 128),
  );
  const added = addedInput(pooled, ids, config);
  assertEquals(added.shape, [2, 27]);
  assertEquals([...added.data.subarray(27, 30)], [4, 5, 6]);
  const height = sinusoids([96], 4, config).data;
  assertEquals(added.data.slice(3, 7), height);
  const target = sinusoids([128], 4, config).data;
  assertEquals(added.data.slice(27 + 3 + 20), target);
});

Deno.test("a UNet that was distilled with guidance 1 reads the sinusoids of 0, sines first", () => {
  const input = guidanceInput(1, { width: 6, rows: 2 });
  assertEquals(input.shape, [2, 6]);
  assertEquals([...input.data], [0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1]);
});

Deno.test("the last frequency of the guidance is a ten-thousandth of the first", () => {
  const { data } = guidanceInput(1.5, { width: 8, rows: 1 });
  assertAlmostEquals(data[0]!, Math.sin(500), 1e-6);
  assertAlmostEquals(data[3]!, Math.sin(0.05), 1e-6);
  assertAlmostEquals(data[7]!, Math.cos(0.05), 1e-6);
});
