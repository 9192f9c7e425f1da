import { assertEquals, assertRejects } from "@std/assert";
import { viewWeights } from "../../../lib/weights/weight_views.ts";
import type { WeightSource } from "../../../lib/ops/executor.ts";

const stacked: WeightSource = {
  names: () => ["w"],
  info: () => ({
    dtype: "F16",
    shape: [6, 2],
    file: "f",
    offset: 100,
    length: 24,
  }),
  read: () => Promise.resolve(Float32Array.from({ length: 12 }, (_, i) => i)),
};

Deno.test("a part of the rows lies where the whole does", async () => {
  const views = viewWeights(
    stacked,
    new Map([["k", { from: "w", part: [1, 3] }]]),
  );
  assertEquals(views.names(), ["k"]);
  assertEquals(views.info("k"), {
    dtype: "F16",
    shape: [2, 2],
    file: "f",
    offset: 108,
    length: 8,
  });
  assertEquals([...await views.read("k")], [4, 5, 6, 7]);
});

Deno.test("another shape changes no value", async () => {
  const views = viewWeights(
    stacked,
    new Map([["v", { from: "w", shape: [12] }]]),
  );
  assertEquals(views.info("v")!.shape, [12]);
  assertEquals((await views.read("v")).length, 12);
});

Deno.test("a transposed weight is read as a copy of its own", async () => {
  const views = viewWeights(
    stacked,
    new Map([["t", { from: "w", transposed: true }]]),
  );
  assertEquals(views.info("t"), {
    dtype: "F32",
    shape: [2, 6],
    offset: 0,
    length: 48,
  });
  assertEquals([...await views.read("t")], [
    0,
    2,
    4,
    6,
    8,
    10,
    1,
    3,
    5,
    7,
    9,
    11,
  ]);
});

Deno.test("a weight that there is no view of is missing", async () => {
  const views = viewWeights(stacked, new Map());
  assertEquals(views.info("w"), undefined);
  await assertRejects(() => views.read("w"), Error, 'There is no weight "w"');
});
