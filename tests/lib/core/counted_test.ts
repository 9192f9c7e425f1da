import { assertEquals } from "@std/assert";
import { counted, listed } from "../../../lib/core/counted.ts";

Deno.test("one is singular, every other count is plural", () => {
  assertEquals(counted(1, "reference"), "1 reference");
  assertEquals(counted(0, "reference"), "0 references");
  assertEquals(counted(2, "box", "boxes"), "2 boxes");
});

Deno.test("words are listed with commas, and one word before the last", () => {
  assertEquals(listed([]), "");
  assertEquals(listed(["a"]), "a");
  assertEquals(listed(["a", "b"]), "a and b");
  assertEquals(listed(["a", "b", "c"], "or"), "a, b or c");
});
