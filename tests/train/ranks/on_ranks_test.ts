import { assertEquals, assertRejects } from "@std/assert";
import { onRanks } from "../../../train/ranks/on_ranks.ts";

Deno.test("work without MPI runs on one rank, and its result comes back", async () => {
  assertEquals(
    await onRanks(({ rank, size }) => Promise.resolve([rank, size])),
    [0, 1],
  );
});

Deno.test("an error of the work on one rank is thrown as it is", async () => {
  const error = new RangeError("no such scene");
  const found = await assertRejects(() => onRanks(() => Promise.reject(error)));
  assertEquals(found, error);
});
