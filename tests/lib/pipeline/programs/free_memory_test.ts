import { assert, assertEquals } from "@std/assert";
import { freeMemory } from "../../../../lib/pipeline/programs/free_memory.ts";

Deno.test("memory that is free is known with permission alone", {
  permissions: { sys: ["systemMemoryInfo"] },
}, () => {
  const free = freeMemory()!;
  assert(free > 0 && free <= Deno.systemMemoryInfo().total);
});

Deno.test("memory that is free is unknown without permission", {
  permissions: "none",
}, () => {
  assertEquals(freeMemory(), undefined);
});
