import { assertEquals } from "@std/assert";
import { firstWords } from "../../../lib/encoders/first_words.ts";

Deno.test("a text of usual length is read as it is, spaces and all", () => {
  const text = `  two\n\nwords ${"x".repeat(9000)}`;
  assertEquals(firstWords(text), text);
});

Deno.test("of a long text its first words are read, however much space lies between them", () => {
  assertEquals(
    firstWords(`a${" ".repeat(20_000)}star\n`),
    "a star",
  );
});

Deno.test("an endless word is read to the limit", () => {
  assertEquals(firstWords("x".repeat(1e7)).length, 10_000);
});

Deno.test("what is read of a long text ends within the limit", () => {
  const read = firstWords("word ".repeat(1e6));
  assertEquals(read.length <= 10_000 && read.startsWith("word word"), true);
});
