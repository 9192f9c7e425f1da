import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { openTfjs } from "../../../lib/ops/tfjs_runtime.ts";
import { placeLoss, placeTargets } from "../../../train/pocket/place_loss.ts";
import type { Tf } from "../../../train/tf.ts";

const tokens = 65, side = 8, heads = 4, queries = side ** 2;
const right = { x0: 0.5, y0: 0, x1: 1, y1: 1 };
const tf = await openTfjs("wasm");

/** One layer of 8 × 8 queries whose attention is the one-hot place, times `scale`. */
function layerThatLooks(tf: Tf, scale: number) {
  const places = [...Array(queries).keys()].map((place) => place + 1);
  const keys = tf.tile(tf.eye(tokens), [1, heads]);
  const ci = tf.expandDims(keys, 0);
  const queriesOf = tf.mul(tf.gather(keys, places), scale);
  return {
    queries: tf.expandDims(queriesOf, 0),
    ci,
    ri: tf.expandDims(ci, 1),
  };
}

Deno.test("a query of the composite image is told the token at its own place", () => {
  const { ci } = placeTargets(tf, [{ boxes: [right], images: true }], 1);
  const target = ci.get(side)!;
  assertEquals(target.shape, [1, 1, queries, 1, tokens]);
  const told = target.argMax(-1).dataSync();
  assertEquals([...told], [...Array(queries).keys()].map((at) => at + 1));
});

Deno.test("a query inside a box is told the reference's token at the same place of the box, one outside nothing", () => {
  const { ri } = placeTargets(tf, [{ boxes: [right], images: true }], 1);
  const rows = ri.get(side)!.reshape([queries, tokens])
    .arraySync() as number[][];
  assert(rows[3]!.every((value) => value === 0), "column 3 is left of the box");
  // Column 6 of 8 is in the middle of the box's columns 4 to 7: (6.5 / 8 − 0.5) / 0.5 = 0.625.
  assertEquals(rows[6]!.indexOf(1), 1 + 5);
  assertEquals(rows[6 + side]!.indexOf(1), 1 + 8 + 5);
});

Deno.test("a sample without its pictures is told nothing", () => {
  const { ci, ri } = placeTargets(tf, [{ boxes: [right], images: false }], 1);
  for (const target of [...ci.values(), ...ri.values()]) {
    assertEquals(tf.sum(target).dataSync()[0], 0);
  }
});

Deno.test("attention that lies evenly costs log 65, and less the nearer it is to its places", () => {
  const whole = { x0: 0, y0: 0, x1: 1, y1: 1 };
  const targets = placeTargets(tf, [{ boxes: [whole], images: true }], 1);
  const cost = (scale: number) =>
    placeLoss(tf, [layerThatLooks(tf, scale)], targets).dataSync()[0]!;
  assertAlmostEquals(cost(0), Math.log(tokens), 1e-5);
  assert(cost(10) < cost(5) && cost(5) < cost(0));
  assertAlmostEquals(cost(1000), 0, 1e-3);
});
