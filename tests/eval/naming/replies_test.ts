import { assertEquals, assertThrows } from "@std/assert";
import { parseReplies } from "../../../eval/naming/replies.ts";
import { LocRefError } from "../../../lib/core/error.ts";
import { key } from "./small_key.ts";

const read = (text: string) => parseReplies(text, { key, name: "a.txt" });

Deno.test("every form of a line is read, and ? is no reply", () => {
  const replies = read(
    `1.1: a moon\r\n1.2: ?\n
      choice 1.2 : Man's Shoe
      reference 1.R1: 2.1
      ground 2: blue, striped\n`,
  );
  assertEquals([...replies.names], [["1.1", "a moon"]]);
  assertEquals([...replies.choices], [["1.2", "Man's Shoe"]]);
  assertEquals([...replies.references], [["1.R1", "2.1"]]);
  assertEquals([...replies.grounds], [["2", "blue, striped"]]);
});

for (
  const [text, message] of [
    ["1.1: moon\n1.2 shoe", 'Line 2 of a.txt is "1.2 shoe", allowed are "1.2'],
    ["1.1:", 'Line 1 of a.txt is "1.1:", allowed are'],
    ["1.1: moon\n1.1: sun", 'is "1.1: sun", which an earlier line says too'],
    ["\n1.3: moon", 'Line 2 of a.txt names "1.3", which the sheets do not'],
    ["ground 9: red", 'names "9", which the sheets do not have'],
    ["reference 1.R9: 1.1", 'names "1.R9", which the sheets do not have'],
    ["reference 1.R1: 7.1", 'names object "7.1", which the sheets do not'],
    ["choice 1.1: shoe", 'chooses "shoe", allowed are full moon, taco'],
  ] as const
) {
  Deno.test(`replies are refused: ${JSON.stringify(text)}`, () => {
    assertThrows(() => read(text), LocRefError, message);
  });
}
