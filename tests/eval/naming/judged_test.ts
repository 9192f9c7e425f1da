import { assert, assertThrows } from "@std/assert";
import { parseJudged } from "../../../eval/naming/judged.ts";
import { LocRefError } from "../../../lib/core/error.ts";

Deno.test("a pair is judged however it is written", () => {
  const judge = parseJudged("cake = sled\n\n A Padlock=locked", "j.txt");
  assert(judge("Cake", "sled"));
  assert(judge("padlock", "locked"));
  assert(!judge("sled", "cake"));
});

Deno.test("a line of another form is refused by its number", () => {
  assertThrows(
    () => parseJudged("cake = sled\ncake", "j.txt"),
    LocRefError,
    'Line 2 of j.txt is "cake", allowed are "GUESS = NAME"',
  );
});
