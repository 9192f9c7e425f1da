import { assert, assertEquals } from "@std/assert";
import { regionAttention } from "../../../../lib/ops/tfjs/attention.ts";
import { openTfjs } from "../../../../lib/ops/tfjs/runtime.ts";
import type { Tf } from "../../../../lib/ops/tfjs/tf.ts";

Deno.test("attention over regions tiles no more axes than WebGPU can, four", async () => {
  const tf = await openTfjs("cpu");
  const ranks: number[] = [];
  const watched = {
    ...tf,
    tile: (x: { rank: number }, times: number[]) => {
      ranks.push(x.rank);
      return tf.tile(x as never, times);
    },
  } as unknown as Tf;
  const q = tf.randomUniform([2, 5, 8], -1, 1, "float32", 1);
  const k = tf.randomUniform([2, 3, 4, 8], -1, 1, "float32", 2);
  const weights = tf.randomUniform([2, 3, 5], 0, 1, "float32", 3);
  const mixed = regionAttention(watched, q, k, k, weights, 2);
  assertEquals(mixed.shape, [2, 5, 8]);
  assert(ranks.length > 0 && ranks.every((rank) => rank <= 4), ranks.join());
});
