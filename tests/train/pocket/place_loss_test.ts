import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { openTfjs } from "../../../lib/ops/tfjs_runtime.ts";
import { placeLoss, placeTargets } from "../../../train/pocket/place_loss.ts";
import type { FractionBox } from "../../../lib/scene/types.ts";
import type { Tf } from "../../../train/tf.ts";

const across = 8, tokens = across ** 2 + 1, side = 8, heads = 4;
const queries = side ** 2;
const right = { x0: 0.5, y0: 0, x1: 1, y1: 1 };
const whole = { x0: 0, y0: 0, x1: 1, y1: 1 };
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

/** What each query of one instance is told, `[queries, tokens]`. */
function toldOf(box: FractionBox, side: number): number[][] {
  const { ri } = placeTargets(tf, [{ boxes: [box], images: true }], 1);
  return ri.get(side)!.reshape([side ** 2, tokens]).arraySync() as number[][];
}

/** The tokens that a row tells of, with their shares. */
function sharesIn(row: readonly number[]): [number, number][] {
  return [...row.entries()].filter(([, share]) => share > 0);
}

Deno.test("a query of the composite image is told the token at its own place", () => {
  const { ci } = placeTargets(tf, [{ boxes: [right], images: true }], 1);
  const target = ci.get(side)!;
  assertEquals(target.shape, [1, 1, queries, 1, tokens]);
  const told = target.argMax(-1).dataSync();
  assertEquals([...told], [...Array(queries).keys()].map((at) => at + 1));
});

Deno.test("a query inside a box is told the tokens of the reference that its cell covers, one outside nothing", () => {
  const rows = toldOf(right, side);
  assertEquals(sharesIn(rows[3]!), [], "column 3 is left of the box");
  // Column 4 of 8 is the box's first quarter: two of the 8 columns of tokens.
  assertEquals(sharesIn(rows[4]!), [[1, 0.5], [2, 0.5]]);
  assertEquals(sharesIn(rows[5 + side]!), [
    [1 + across + 2, 0.5],
    [1 + across + 3, 0.5],
  ]);
});

Deno.test("a query of a coarser grid is told all tokens of its cell evenly", () => {
  const first = sharesIn(toldOf(whole, 4)[0]!);
  assertEquals(
    first,
    [1, 2, 1 + across, 2 + across].map((token) => [token, 0.25]),
  );
});

Deno.test("what a query is told adds up to one", () => {
  for (const row of toldOf({ x0: 0.13, y0: 0.2, x1: 0.61, y1: 0.9 }, side)) {
    const sum = row.reduce((a, b) => a + b, 0);
    if (sum > 0) assertAlmostEquals(sum, 1, 1e-5);
  }
});

Deno.test("a sample without its pictures is told nothing", () => {
  const { ci, ri } = placeTargets(tf, [{ boxes: [right], images: false }], 1);
  for (const target of [...ci.values(), ...ri.values()]) {
    assertEquals(tf.sum(target).dataSync()[0], 0);
  }
});

Deno.test("attention that lies evenly costs log 65, and less the nearer it is to its places", () => {
  const targets = placeTargets(tf, [{ boxes: [whole], images: true }], 1);
  const cost = (scale: number) =>
    placeLoss(tf, [layerThatLooks(tf, scale)], targets).dataSync()[0]!;
  assertAlmostEquals(cost(0), Math.log(tokens), 1e-4);
  assert(cost(20) < cost(10) && cost(10) < cost(0));
  assertAlmostEquals(cost(1000), 0, 1e-3);
});
