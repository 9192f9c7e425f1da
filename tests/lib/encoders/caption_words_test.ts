import { assertEquals } from "@std/assert";
import { unknownWords } from "../../../lib/encoders/caption_words.ts";

const known = new Set(["red", "apple", "cat", "and"]);
const unknown = (caption: string) =>
  unknownWords(caption, (word) => known.has(word));

Deno.test("a caption is doubtful where more than half of its words are unknown", () => {
  assertEquals(unknown("a Red apple"), []);
  assertEquals(unknown("a red apple, gnarled"), []);
  assertEquals(unknown("eine rote Katze"), ["eine", "rote", "katze"]);
  assertEquals(unknown("猫"), ["猫"]);
  assertEquals(unknown("🐈"), ["🐈"]);
  assertEquals(unknown("xyzzy xyzzy apple"), []);
});

Deno.test("captions without words are not doubtful", () => {
  for (const caption of ["", "  ", "12 × 3", "a b", "…"]) {
    assertEquals(unknown(caption), [], caption);
  }
});
