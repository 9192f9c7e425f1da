import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { squareFits } from "../../../../lib/weights/square_fit.ts";
import { openTfjs } from "../../../../lib/ops/tfjs/runtime.ts";
import {
  placedLayers,
  placeLoss,
  placeTargets,
} from "../../../../train/pocket/losses/place_loss.ts";
import { tfjsLossOps } from "../../../../lib/ops/tfjs/loss_ops.ts";
import { upload } from "../../../../lib/ops/tfjs/layout.ts";
import { pocketFamily } from "../../../../train/pocket/stages/family.ts";
import type { Tf } from "../../../../train/loop/tf.ts";

const family = pocketFamily({ side: 64, latentSide: 16, latentChannels: 8 });
const across = 8, tokens = across ** 2 + 1, side = 8, heads = 4;
const queries = side ** 2;
const tf = await openTfjs("wasm");

/** One layer of 8 × 8 queries whose attention is the one-hot place, times `scale`. */
function layerThatLooks(tf: Tf, scale: number) {
  const places = [...Array(queries).keys()].map((place) => place + 1);
  const keys = tf.tile(tf.eye(tokens), [1, heads]);
  const ci = tf.expandDims(keys, 0);
  const queriesOf = tf.mul(tf.gather(keys, places), scale);
  return {
    ...{ level: 1, heads: 4, width: 96 },
    queries: tf.expandDims(queriesOf, 0),
    ci: { k: ci, v: ci },
  };
}

const whole = { height: 16, width: 16 };

/** Name of the targets of a grid of queries. */
function nameOf(side: number): string {
  return `place.level_${Math.log2(16 / side)}`;
}

/** Targets of a grid of queries. */
function targetOf(side: number, told = [true]) {
  return placeTargets(family, told, whole)[nameOf(side)]!;
}

/** What each query is told, `[queries, tokens]`. */
function toldOf(side: number): number[][] {
  const { data } = targetOf(side);
  return Array.from(
    { length: side ** 2 },
    (_, i) => [...data.subarray(i * tokens, (i + 1) * tokens)],
  );
}

/** The tokens that a row tells of, with their shares. */
function sharesIn(row: readonly number[]): [number, number][] {
  return [...row.entries()].filter(([, share]) => share > 0);
}

Deno.test("a query is told the token at its own place", () => {
  assertEquals(targetOf(side).shape, [1, queries, tokens]);
  const told = toldOf(side).map((row) => row.indexOf(Math.max(...row)));
  assertEquals(told, [...Array(queries).keys()].map((at) => at + 1));
});

Deno.test("four queries of a finer grid are told the same token", () => {
  const rows = toldOf(16);
  for (const query of [0, 1, 16, 17]) {
    assertEquals(sharesIn(rows[query]!), [[1, 1]]);
  }
});

Deno.test("a query of a coarser grid is told all tokens of its cell evenly", () => {
  assertEquals(
    sharesIn(toldOf(4)[0]!),
    [1, 2, 1 + across, 2 + across].map((token) => [token, 0.25]),
  );
});

Deno.test("a query of a wide grid has the tokens under it in the stretched composite as its target", () => {
  const size = { height: 12, width: 16 };
  const { "place.level_0": { shape, data } = targetOf(16) } = placeTargets(
    ...[family, [true], size] as const,
  );
  assertEquals(shape, [1, 12 * 16, tokens]);
  const row = (y: number, x: number) => {
    const at = (y * 16 + x) * tokens;
    return sharesIn([...data.subarray(at, at + tokens)]);
  };
  // a row is two thirds of a token high: the second one lies half in each of the first two
  assertEquals(row(0, 2), [[2, 1]]);
  const halves = row(1, 2);
  assertEquals(halves.map(([token]) => token), [2, 2 + across]);
  for (const [, share] of halves) assertAlmostEquals(share, 0.5, 1e-6);
});

Deno.test("a query of a wide grid has the tokens under it in a composite in the middle of its square as its target", () => {
  const contained = pocketFamily({
    ...{ side: 64, latentSide: 16, latentChannels: 8 },
    compositeFit: "contain",
  });
  const size = { height: 7, width: 16 };
  const { "place.level_0": { data } = targetOf(16) } = placeTargets(
    ...[contained, [true], size] as const,
  );
  const row = (y: number, x: number) => {
    const at = (y * 16 + x) * tokens;
    return sharesIn([...data.subarray(at, at + tokens)]);
  };
  // of nine empty cells four lie above the picture: two rows of tokens
  assertEquals(row(0, 0), [[1 + 2 * across, 1]]);
  assertEquals(row(6, 15), [[1 + 5 * across + 7, 1]]);
});

Deno.test("the targets of every query of any grid are shares of one, and none is the class", () => {
  const side = fc.integer({ min: 2, max: 20 });
  fc.assert(
    fc.property(
      ...[side, side, fc.constantFrom(...squareFits)] as const,
      (height, width, compositeFit) => {
        const own = { ...family, compositeFit };
        const targets = placeTargets(own, [true], { height, width });
        for (const { shape, data } of Object.values(targets)) {
          for (let query = 0; query < shape[1]!; query++) {
            const row = [
              ...data.subarray(query * tokens, (query + 1) * tokens),
            ];
            assertEquals(row[0], 0);
            assertAlmostEquals(row.reduce((sum, one) => sum + one, 0), 1, 1e-5);
          }
        }
      },
    ),
    { numRuns: 60, seed: 3 },
  );
});

Deno.test("a sample without its pictures is told nothing", () => {
  const targets = placeTargets(family, [true, false], whole);
  for (const { data } of Object.values(targets)) {
    const half = data.length / 2;
    assert(data.subarray(0, half).some((share) => share > 0));
    assert(data.subarray(half).every((share) => share === 0));
  }
});

Deno.test("attention that lies evenly costs log 65, and less the nearer it is to its places", () => {
  const name = nameOf(side);
  const targets = { [name]: upload(tf, targetOf(side), "float") };
  const cost = (scale: number) =>
    placeLoss(tfjsLossOps(tf), [layerThatLooks(tf, scale)], targets, family)
      .dataSync()[0]!;
  assertAlmostEquals(cost(0), Math.log(tokens), 1e-4);
  assert(cost(20) < cost(10) && cost(10) < cost(0));
  assertAlmostEquals(cost(1000), 0, 1e-3);
});

Deno.test("layers before the first halving know places where the UNet sees coordinates", () => {
  const layers = [{ level: 0 }, { level: 1 }, { level: 0 }];
  assertEquals(placedLayers(layers, family), layers.slice(1));
  assertEquals(placedLayers(layers, { ...family, coordinates: 4 }), layers);
});
