import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { philox, random } from "../../../lib/core/random.ts";
import { sampleOrder } from "../../../train/loop/sample_order.ts";

Deno.test("Philox gives the numbers of its authors' known-answer tests", () => {
  const out = new Uint32Array(4);
  philox(0, new Uint32Array(4), out);
  assertEquals([...out], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
});

Deno.test("the same key gives the same numbers, another key others", () => {
  fc.assert(fc.property(
    fc.array(fc.oneof(fc.string(), fc.nat()), { minLength: 1 }),
    (key) => {
      const first = random(...key), again = random(...key);
      const other = random(...key, "other");
      const numbers = Array.from({ length: 8 }, () => first.uniform());
      assertEquals(numbers, Array.from({ length: 8 }, () => again.uniform()));
      assert(numbers.some((value) => value !== other.uniform()));
    },
  ));
});

Deno.test("a forked stream does not depend on what was drawn before", () => {
  const used = random(1, "sample");
  used.normals(100);
  assertEquals(
    used.fork("noise").normals(4),
    random(1, "sample").fork("noise").normals(4),
  );
});

Deno.test("normal numbers have mean 0, variance 1 and kurtosis 3", () => {
  const values = random("moments").normals(200_000);
  const moment = (power: number) =>
    values.reduce((sum, x) => sum + x ** power, 0) / values.length;
  assert(Math.abs(moment(1)) < 0.01);
  assert(Math.abs(moment(2) - 1) < 0.015);
  assert(Math.abs(moment(4) - 3) < 0.1);
});

Deno.test("every epoch holds every sample once, each in another order", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 50 }), fc.nat(), (n, seed) => {
      const order = sampleOrder(n, seed);
      for (const epoch of [0, 1]) {
        const indices = Array.from(
          { length: n },
          (_, i) => order.at(epoch * n + i).index,
        );
        assertEquals(indices.toSorted((a, b) => a - b), [...Array(n).keys()]);
      }
    }),
  );
  const order = sampleOrder(40, 1);
  const epochs = [0, 40].map((start) =>
    Array.from({ length: 40 }, (_, i) => order.at(start + i).index).join()
  );
  assert(epochs[0] !== epochs[1]);
});
