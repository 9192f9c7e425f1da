import { assert, assertEquals } from "@std/assert";
import { addPlainProduct, addProduct } from "../../../lib/ops/add_product.ts";
import type { Factors } from "../../../lib/ops/factors.ts";

Deno.test("x + factor · up · down", () => {
  const factors = {
    up: Float32Array.of(1, 2, 3, 4),
    down: Float32Array.of(1, 0, 2, 0, 1, 3),
    rows: 2,
    rank: 2,
    columns: 3,
  };
  const sum = Float32Array.of(1, 1, 1, 1, 1, 1);
  addPlainProduct(sum, factors, 0.5);
  assertEquals([...sum], [1.5, 2, 5, 2.5, 3, 10]);
});

Deno.test("a large product is the same by native code and by JavaScript", async () => {
  const [rows, rank, columns] = [300, 48, 400];
  const wave = (count: number, by: number) =>
    new Float32Array(count).map((_, i) => Math.sin(by * i));
  const factors: Factors = {
    ...{ rows, rank, columns },
    up: wave(rows * rank, 0.7),
    down: wave(rank * columns, 1.3),
  };
  const x = wave(rows * columns, 0.1);
  const [plain, large] = [x.slice(), x.slice()];
  addPlainProduct(plain, factors, -0.4);
  await addProduct(large, factors, -0.4);
  assertEquals(large.length, plain.length);
  assert(large.every((value, i) => Math.abs(value - plain[i]!) < 1e-5));
});
