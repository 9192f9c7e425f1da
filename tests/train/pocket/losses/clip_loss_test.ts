import { assertAlmostEquals } from "@std/assert";
import { Params } from "../../../../lib/ops/params.ts";
import { tfjsLossOps } from "../../../../lib/ops/tfjs/loss_ops.ts";
import { openTfjs } from "../../../../lib/ops/tfjs/runtime.ts";
import {
  patchCount,
  placeError,
} from "../../../../train/pocket/losses/clip_loss.ts";
import type { TfTensor } from "../../../../train/loop/tf.ts";

const tf = await openTfjs("wasm");
const ops = tfjsLossOps(tf);
const width = 128;
const sizes = { hidden_size: width, image_size: 64, patch_size: 8 };
const count = patchCount(sizes);

/** A reader of a token's first numbers, one for each patch. */
const reader = new Params((_, [count, width]) =>
  tf.pad(tf.eye(count!), [[0, 0], [0, width! - count!]]) as TfTensor
);

/** Two pictures whose token `i` holds `told` at the place that `placeOf` names. */
function tokens(told: number, placeOf: (i: number) => number): TfTensor {
  const places = Array.from({ length: count }, (_, i) => placeOf(i));
  const one = tf.mul(tf.oneHot(tf.tensor1d(places, "int32"), width), told);
  return tf.tile(tf.expandDims(one.toFloat(), 0), [2, 1, 1]);
}

const cost = (x: TfTensor) => placeError(ops, x, reader, sizes).dataSync()[0]!;

Deno.test("tokens that tell nothing of their places cost log 64", () => {
  assertAlmostEquals(cost(tokens(0, (i) => i)), Math.log(count), 1e-4);
});

Deno.test("tokens that tell their places plainly cost nothing", () => {
  assertAlmostEquals(cost(tokens(50, (i) => i)), 0, 1e-4);
});

Deno.test("tokens that tell their neighbours' places cost what they claim", () => {
  const shifted = tokens(50, (i) => (i + 1) % count);
  assertAlmostEquals(cost(shifted), 50, 1e-3);
});
