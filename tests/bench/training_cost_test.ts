import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import {
  exchangeSeconds,
  fitExchange,
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
