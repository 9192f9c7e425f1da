import { assertEquals } from "@std/assert";
import { listed } from "../../../lib/core/listed.ts";

Deno.test("words are listed with commas, and one word before the last", () => {
  assertEquals(listed([]), "");
  assertEquals(listed(["a"]), "a");
  assertEquals(listed(["a", "b"]), "a and b");
  assertEquals(listed(["a", "b", "c"], "or"), "a, b or c");
});
