import { assert, assertEquals } from "@std/assert";
import { areAlike, isSameName, nameWords } from "../../../eval/naming/names.ts";

Deno.test("words of a name are plain: no case, accent, article or possessive", () => {
  assertEquals(nameWords("A Man’s Shoe"), ["man", "shoe"]);
  assertEquals(nameWords("man's shoe"), ["man", "shoe"]);
  assertEquals(nameWords("piñata"), ["pinata"]);
});

for (
  const [guess, name] of [
    ["Lion", "lion"],
    ["lions", "lion"],
    ["a cherry", "cherries"],
    ["leaves", "leaf"],
    ["clapperboard", "clapper board"],
    ["four-leaf clover", "four leaf clover"],
    ["clover", "four leaf clover"],
    ["moon", "waning gibbous moon"],
    ["gibbous moon", "waning gibbous moon"],
    ["shoe", "man’s shoe"],
    ["bell", "bell with slash"],
  ] as const
) {
  Deno.test(`"${guess}" counts for "${name}" by itself`, () => {
    assert(isSameName(guess, name));
  });
}

for (
  const [guess, name] of [
    ["padlock", "locked"],
    ["sea horse", "horse"],
    ["computer mouse", "mouse"],
    ["baby", "baby bottle"],
    ["wine bottle", "baby bottle"],
    ["slash", "bell with slash"],
    ["with", "bell with slash"],
    ["the", "lion"],
    ["!", "lion"],
  ] as const
) {
  Deno.test(`"${guess}" does not count for "${name}" by itself`, () => {
    assert(!isSameName(guess, name));
  });
}

Deno.test("names that share a word that says something are alike", () => {
  assert(areAlike("mouse face", "mouse"));
  assert(areAlike("cherries", "cherry blossom"));
  assert(!areAlike("bell with slash", "cup with straw"));
});
