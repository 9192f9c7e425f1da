import { assertEquals } from "@std/assert";
import { counted } from "../../../lib/core/counted.ts";

Deno.test("one is singular, every other count is plural", () => {
  assertEquals(counted(1, "reference"), "1 reference");
  assertEquals(counted(0, "reference"), "0 references");
  assertEquals(counted(2, "box", "boxes"), "2 boxes");
});
