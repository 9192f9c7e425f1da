import { assertEquals } from "@std/assert";
import { soloRank, threadsOf } from "../../../train/ranks/ranks.ts";

Deno.test("processes of one machine share its cores, one alone leaves the number to the runtime", () => {
  const threads = (localSize: number) =>
    threadsOf({ ...soloRank, size: 8, localSize }, 8);
  assertEquals([1, 2, 3, 8, 20].map(threads), [undefined, 4, 2, 1, 1]);
});
