import { assertAlmostEquals, assertEquals } from "@std/assert";
import { Params } from "../../../../lib/ops/params.ts";
import { tfjsLossOps } from "../../../../lib/ops/tfjs/loss_ops.ts";
import { pocketFamily } from "../../../../train/pocket/stages/family.ts";
import type { AttentionLayer } from "../../../../train/locref/denoiser.ts";
import type { TfTensor } from "../../../../train/loop/tf.ts";
import { openTfjs } from "../../../../lib/ops/tfjs/runtime.ts";
import {
  quarterLoss,
  quarterReader,
} from "../../../../train/pocket/losses/quarter_loss.ts";

const tf = await openTfjs("wasm");
const ops = tfjsLossOps(tf);
const family = pocketFamily({ side: 64, latentSide: 16, latentChannels: 8 });
const side = 16, width = 64;

/** A layer whose queries are all `value`, or tell their quarter in the first four numbers. */
function layerOf(side: number, told: number) {
  const data = new Float32Array(side ** 2 * width);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      data[(y * side + x) * width + 2 * (y % 2) + x % 2] = told;
    }
  }
  const none = tf.zeros([1, 65, width]);
  return {
    ...{ level: Math.log2(16 / side), heads: 1, width },
    queries: tf.tensor(data, [1, side ** 2, width]),
    ci: { k: none, v: none },
  };
}

const eye = tf.tensor2d(
  Float32Array.from({ length: 4 * width }, (_, i) => +(i % (width + 1) === 0)),
  [4, width],
);
const reader = new Params(() => eye);
const coarse = layerOf(8, 0);

function cost(layers: readonly AttentionLayer<TfTensor>[]): number {
  return quarterLoss(ops, layers, reader, family).dataSync()[0]!;
}

Deno.test("queries that tell nothing of their quarter cost log 4", () => {
  assertAlmostEquals(cost([coarse, layerOf(side, 0)]), Math.log(4), 1e-5);
});

Deno.test("queries that tell their quarter plainly cost nothing", () => {
  assertAlmostEquals(cost([coarse, layerOf(side, 50)]), 0, 1e-5);
});

Deno.test("layers before the first halving are not asked", () => {
  const told = layerOf(side, 50), silent = layerOf(side, 0);
  assertAlmostEquals(cost([silent, coarse, told]), 0, 1e-5);
});

Deno.test("the reader is a weight of its own, the same for the same seed", () => {
  assertEquals([...quarterReader(family, 3).keys()], ["quarter_reader.weight"]);
  assertEquals(quarterReader(family, 3), quarterReader(family, 3));
});
