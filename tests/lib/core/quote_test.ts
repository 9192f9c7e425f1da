import { assert, assertEquals } from "@std/assert";
import { quote, shorten } from "../../../lib/core/quote.ts";

Deno.test("values are repeated by kind", () => {
  assertEquals(quote("7"), '"7"');
  assertEquals(quote(7), "7");
  assertEquals(quote(undefined), "nothing");
  assertEquals(quote(null), "null");
  assertEquals(quote([1, "a"]), '[1, "a"]');
  assertEquals(quote({ x: 1, y: NaN }), "{ x: 1, y: NaN }");
  assertEquals(quote({ path: "a", mask: {} }), "{ path, mask }");
  assertEquals(quote(Promise.resolve()), "a promise (is an await missing?)");
  assertEquals(quote(new Uint8Array(3)), "a Uint8Array");
});

Deno.test("long values are cut, and control characters never reach a message", () => {
  assert(quote("x".repeat(100_000)).length < 100);
  assertEquals(shorten("a\nb\u001b[31m"), "a b [31m");
});

Deno.test("lists deeper than any stack are repeated by their first levels", () => {
  let deep: unknown[] = [1];
  for (let i = 0; i < 100_000; i++) deep = [deep, deep];
  assert(quote(deep).startsWith("[[["));
  assert(quote(deep).length <= 80);
});
