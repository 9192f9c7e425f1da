import { assertAlmostEquals, assertEquals } from "@std/assert";
import { Params } from "../../../../lib/ops/params.ts";
import { type Tensor, tensor } from "../../../../lib/core/tensor.ts";
import { upload } from "../../../../lib/ops/tfjs/layout.ts";
import { tfjsLossOps } from "../../../../lib/ops/tfjs/loss_ops.ts";
import { openTfjs } from "../../../../lib/ops/tfjs/runtime.ts";
import {
  contentLoss,
  contentReaders,
  contentTargets,
} from "../../../../train/pocket/losses/content_loss.ts";
import { pocketFamily } from "../../../../train/pocket/stages/family.ts";
import type { TfTensor } from "../../../../train/loop/tf.ts";

const tf = await openTfjs("wasm");
const ops = tfjsLossOps(tf);
const family = pocketFamily({ side: 64, latentSide: 16, latentChannels: 8 });
const batch = 2, side = 16, channels = 8;

const widths = family.unet.block_out_channels;
const headsOf = family.unet.attention_head_dim as readonly number[];

/** A layer whose composite image holds 1 in the first place of every token's value. */
function layerOf(side: number) {
  const level = Math.log2(16 / side), width = widths[level]!;
  const one = tf.oneHot(tf.zeros([batch, 65], "int32"), width).toFloat();
  return {
    ...{ level, heads: headsOf[level]!, width },
    queries: tf.zeros([batch, side ** 2, width]),
    ci: { k: tf.zeros([batch, 65, width]), v: one },
  };
}

const layers = [
  layerOf(16), // before the halving: not read
  layerOf(8),
  layerOf(4), // coarser than tokens: not read
  layerOf(8),
  layerOf(8),
  layerOf(16),
  layerOf(16),
];

/** Readers that answer `value` for each of a patch's latents. */
const readersOf = (value: number) =>
  new Params((_, [told, width]) =>
    tf.mul(
      tf.oneHot(tf.zeros([told!], "int32"), width!).toFloat(),
      value,
    ) as TfTensor
  );

function cost(
  value: number,
  latents: Tensor,
  inside: Tensor = images(1, () => 1),
): number {
  const targets = Object.entries(contentTargets(family, latents, inside));
  const batch = Object.fromEntries(
    targets.map(([name, one]) => [name, upload(tf, one, "float")]),
  );
  return contentLoss(ops, layers, batch, readersOf(value), family)
    .dataSync()[0]!;
}

/** Images whose values depend on their column. */
function images(channels: number, of: (x: number) => number): Tensor {
  const shape = [batch, channels, side, side];
  const data = new Float32Array(batch * channels * side ** 2);
  return tensor(shape, data.map((_, i) => of(i % side)));
}

const flat = (value: number) => images(channels, () => value);

Deno.test("what attention brings is right where readers read the clean latents off it", () => {
  assertAlmostEquals(cost(0.7, flat(0.7)), 0, 1e-6);
});

Deno.test("what readers miss counts with its square", () => {
  assertAlmostEquals(cost(0.7, flat(-0.3)), 1, 1e-3);
});

Deno.test("latents outside of boxes do not count", () => {
  const left = (x: number) => Number(x < 8);
  const inside = images(1, left);
  const latents = images(channels, (x) => 0.5 * left(x));
  assertAlmostEquals(cost(0.5, latents, inside), 0, 1e-6);
});

Deno.test("every query of a token's patch is told of the whole patch", () => {
  const stripes = images(channels, (x) => x % 2 === 0 ? 1 : -1);
  assertAlmostEquals(cost(0, stripes), 1, 1e-3);
  assertAlmostEquals(cost(1, stripes), 2, 1e-3);
});

Deno.test("there is a reader for each layer that is read", () => {
  const shapes = [...contentReaders(family, 1).values()].map(({ shape }) =>
    shape[1]
  );
  const read = [layers[1], layers[3], layers[4], layers[5], layers[6]];
  const widths = read.map((layer) => layer!.queries.shape[2]);
  assertEquals(shapes, widths);
});
