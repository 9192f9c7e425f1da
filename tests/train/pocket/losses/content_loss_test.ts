import { assertAlmostEquals, assertEquals } from "@std/assert";
import { Params } from "../../../../lib/ops/params.ts";
import { tfjsOps } from "../../../../lib/ops/tfjs/ops.ts";
import { openTfjs } from "../../../../lib/ops/tfjs/runtime.ts";
import {
  contentLoss,
  contentReaders,
} from "../../../../train/pocket/losses/content_loss.ts";
import type { TfTensor } from "../../../../train/loop/tf.ts";

const tf = await openTfjs("wasm");
const ops = tfjsOps(tf, { training: true });
const batch = 2, side = 16, channels = 8;

/** A layer whose composite image holds 1 in the first place of every token's value. */
function layerOf(side: number, width: number) {
  const one = tf.oneHot(tf.zeros([batch, 65], "int32"), width).toFloat();
  return {
    queries: tf.zeros([batch, side ** 2, width]),
    ci: { k: tf.zeros([batch, 65, width]), v: one },
  };
}

const layers = [
  layerOf(16, 64), // before the halving: not read
  layerOf(8, 96),
  layerOf(4, 128), // coarser than tokens: not read
  layerOf(8, 96),
  layerOf(8, 96),
  layerOf(16, 64),
  layerOf(16, 64),
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
  latents: TfTensor,
  inside: TfTensor = tf.ones([batch, side, side, 1]),
): number {
  return contentLoss({ tf, ops }, layers, { latents, inside }, readersOf(value))
    .dataSync()[0]!;
}

const flat = (value: number) => tf.fill([batch, side, side, channels], value);

Deno.test("what attention brings is right where readers read the clean latents off it", () => {
  assertAlmostEquals(cost(0.7, flat(0.7)), 0, 1e-6);
});

Deno.test("what readers miss counts with its square", () => {
  assertAlmostEquals(cost(0.7, flat(-0.3)), 1, 1e-3);
});

Deno.test("latents outside of boxes do not count", () => {
  const left = tf.less(tf.range(0, side), 8).toFloat().reshape([1, 1, side, 1]);
  const inside = tf.tile(left, [batch, side, 1, 1]);
  const latents = tf.mul(flat(0.5), inside);
  assertAlmostEquals(cost(0.5, latents, inside), 0, 1e-6);
});

Deno.test("every query of a token's patch is told of the whole patch", () => {
  const stripes = tf.tile(
    tf.tensor([1, -1]).reshape([1, 1, 2, 1]),
    [batch, side, side / 2, channels],
  );
  assertAlmostEquals(cost(0, stripes), 1, 1e-3);
  assertAlmostEquals(cost(1, stripes), 2, 1e-3);
});

Deno.test("there is a reader for each layer that is read", () => {
  const shapes = [...contentReaders(1).values()].map(({ shape }) => shape[1]);
  const read = [layers[1], layers[3], layers[4], layers[5], layers[6]];
  const widths = read.map((layer) => layer!.queries.shape[2]);
  assertEquals(shapes, widths);
});
