import { assertEquals } from "@std/assert";
import { tensor } from "../../../lib/core/tensor.ts";
import {
  partsOf,
  readOf,
  splitBatch,
} from "../../../train/backends/split_batch.ts";

/** `samples` samples with one row of `x` each and two of `pairs`. */
function batchOf(samples: number) {
  const rows = (count: number) =>
    tensor([count, 2], Float32Array.from({ length: 2 * count }, (_, i) => i));
  return { x: rows(samples), pairs: rows(2 * samples) };
}

Deno.test("a batch has as many equal parts as threads, of at least four samples", () => {
  assertEquals(partsOf(batchOf(16), 4), 4);
  assertEquals(partsOf(batchOf(16), 3), 2);
  assertEquals(partsOf(batchOf(9), 2), 1);
  assertEquals(partsOf(batchOf(10), 4), 2);
  assertEquals(partsOf(batchOf(6), 2), 1);
});

Deno.test("a batch whose rows are no multiple of its samples stays whole", () => {
  const { x } = batchOf(16);
  assertEquals(partsOf({ x, y: batchOf(24).x }, 2), 1);
});

Deno.test("parts hold the samples in their order, with all rows of each", () => {
  const [first, second] = splitBatch(batchOf(4), 2) as [
    ReturnType<typeof batchOf>,
    ReturnType<typeof batchOf>,
  ];
  assertEquals(first.x, tensor([2, 2], Float32Array.of(0, 1, 2, 3)));
  assertEquals(second.x, tensor([2, 2], Float32Array.of(4, 5, 6, 7)));
  assertEquals(second.pairs.shape, [4, 2]);
  assertEquals(second.pairs.data[0], 8);
});

Deno.test("a batch with a single number beside its samples stays whole, shapes and all", () => {
  const batch = { ...batchOf(16), rest: tensor([], Float32Array.of(1)) };
  assertEquals(partsOf(batch, 2), 1);
  assertEquals(splitBatch(batch, 1), [batch]);
});

Deno.test("values that a loss does not read go to no thread, whatever their rows", () => {
  const batch = { ...batchOf(16), rest: tensor([], Float32Array.of(1)) };
  const read = readOf(batch, { inputs: { x: "float", pairs: "float" } });
  assertEquals(read, batchOf(16));
  assertEquals(partsOf(read, 2), 2);
});
