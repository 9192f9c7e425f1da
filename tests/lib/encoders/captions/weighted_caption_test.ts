import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  weightedPieces,
} from "../../../../lib/encoders/captions/weighted_caption.ts";

function pieces(caption: string): [string, number][][] {
  return weightedPieces(caption).map((list) =>
    list.map(({ text, weight }) => [text, Math.round(1e6 * weight) / 1e6])
  );
}

Deno.test("brackets weigh words, nested ones multiply", () => {
  assertEquals(pieces("a (red:1.3) apple"), [
    [["a ", 1], ["red", 1.3], [" apple", 1]],
  ]);
  assertEquals(pieces("((a:1.2) b) [c]"), [
    [["a", 1.32], [" b", 1.1], [" ", 1], ["c", 0.909091]],
  ]);
});

Deno.test("a backslash, an open bracket and a closed one alone are text as people mean it", () => {
  assertEquals(pieces("smile :\\)"), [[["smile :)", 1]]]);
  assertEquals(pieces("a] b) c:2)"), [[["a] b) c:2)", 1]]]);
  assertEquals(pieces("(unclosed word"), [[["unclosed word", 1.1]]]);
  assertEquals(pieces(""), [[["", 1]]]);
});

Deno.test("BREAK begins another list", () => {
  assertEquals(pieces("one BREAK two (c:0)"), [
    [["one", 1]],
    [["two ", 1], ["c", 0]],
  ]);
});

Deno.test("text without brackets and backslashes is one piece", () => {
  const plain = fc.string().filter((text) =>
    !/[()[\]\\]/.test(text) && !text.includes("BREAK")
  );
  fc.assert(fc.property(plain, (text) => {
    assertEquals(pieces(text), [[[text, 1]]]);
  }));
});

Deno.test("every bracket that is closed again leaves the words between", () => {
  const words = fc.array(fc.constantFrom("(a", "b)", "[c", "d]", "e:1.5)"), {
    maxLength: 12,
  });
  fc.assert(fc.property(words, (list) => {
    const text = pieces(list.join(" ")).flat().map(([text]) => text).join("");
    for (const letter of list) assert(text.includes(letter.match(/[a-e]/)![0]));
  }));
});
