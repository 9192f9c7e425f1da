import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import {
  exchangeSeconds,
  fitExchange,
  fitMemory,
  stepBytes,
  stepSeconds,
} from "../../bench/training_cost.ts";

const constants = {
  sample: 0.05,
  update: 0.1,
  bytes: 2e8,
  latency: 1e-4,
  bandwidth: 1e9,
};

Deno.test("one rank exchanges nothing, two pass all bytes once, many nearly twice", () => {
  assertEquals(exchangeSeconds(constants, 1), 0);
  assertAlmostEquals(exchangeSeconds(constants, 2), 0.2 + 1e-4, 1e-9);
  const many = exchangeSeconds({ ...constants, latency: 0 }, 1000);
  assert(many > 0.399 && many < 0.4);
});

Deno.test("more ranks take a share of the samples each, the last one's may be smaller", () => {
  const alone = { ...constants, latency: 0, bandwidth: Infinity };
  const seconds = (ranks: number) => stepSeconds(alone, { ranks, batch: 10 });
  assertAlmostEquals(seconds(1), 0.6, 1e-9);
  assertAlmostEquals(seconds(2), 0.35, 1e-9);
  assertAlmostEquals(seconds(3), 0.3, 1e-9);
});

Deno.test("latency and bandwidth are found again in times that were made of them", () => {
  fc.assert(fc.property(
    fc.double({ min: 1e-5, max: 1e-1, noNaN: true }),
    fc.double({ min: 1e8, max: 1e11, noNaN: true }),
    (latency, bandwidth) => {
      const measured = [1e5, 1e6, 1e7, 1e8, 1e9].map((bytes) => ({
        bytes,
        seconds: latency + bytes / bandwidth,
      }));
      const found = fitExchange(measured);
      assertAlmostEquals(found.latency / latency, 1, 1e-6);
      assertAlmostEquals(found.bandwidth / bandwidth, 1, 1e-6);
    },
  ));
});

Deno.test("a cut graph hides the exchange of its first part as long as the second runs", () => {
  const cut = { early: 1.5e8, second: 0.01, more: 0.002 };
  const gain = (bandwidth: number, early = cut.early) => {
    const machine = { ...constants, latency: 0, bandwidth };
    const plan = { ranks: 2, batch: 20 };
    return stepSeconds(machine, plan) -
      stepSeconds(machine, { ...plan, cut: { ...cut, early } });
  };
  assertAlmostEquals(gain(1e9), 0.1 - 0.02, 1e-9); // the second part takes 0.1 s
  assertAlmostEquals(gain(3e9), 0.05 - 0.02, 1e-9); // all of it is hidden
  assertAlmostEquals(gain(1e10), 0.015 - 0.02, 1e-9); // the cut takes more
  assertAlmostEquals(gain(1e9, 0), -0.02, 1e-9);
});

Deno.test("an exchange has no latency below zero, whatever small ones took", () => {
  const found = fitExchange([
    { bytes: 1e6, seconds: 1e-4 },
    { bytes: 1e9, seconds: 1 },
  ]);
  assertEquals(found.latency, 0);
  assert(found.bandwidth > 1e9 && found.bandwidth < 1e10);
});

Deno.test("constants of memory are found again in three steps that were made of them, and trained weights take 24 bytes each", () => {
  const constants = { base: 1e9, pixel: 4e3, pair: 0.1 };
  const made = (trained: number, side: number, batch: number) => {
    const size = { trained, side, batch };
    return { ...size, own: stepBytes(constants, size) };
  };
  const found = fitMemory([
    made(5e7, 256, 1),
    made(5e7, 512, 1),
    made(5e7, 256, 2),
  ]);
  assertAlmostEquals(found.base, constants.base, 1);
  assertAlmostEquals(found.pixel, constants.pixel, 1e-6);
  assertAlmostEquals(found.pair, constants.pair, 1e-9);
  const more = made(7e7, 256, 2).own - made(5e7, 256, 2).own;
  assertAlmostEquals(more, 24 * 2e7, 1);
});
