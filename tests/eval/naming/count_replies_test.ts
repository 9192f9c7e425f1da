import { assertEquals } from "@std/assert";
import { parseReplies } from "../../../eval/naming/replies.ts";
import { countReplies } from "../../../eval/naming/count_replies.ts";
import { parseJudged } from "../../../eval/naming/judged.ts";
import { key } from "./small_key.ts";

function counted(text: string, judged = "") {
  const replies = parseReplies(text, { key, name: "a.txt" });
  return countReplies(key, replies, parseJudged(judged, "j.txt"));
}

const all = `1.1: moon
1.2: foot
2.1: the full moon
choice 1.1: full moon
choice 1.2: man's shoe
choice 2.1: key
reference 1.R1: 1.1
reference 1.R2: 1.2
reference 1.R3: 1.2
ground 1: deep red
ground 2: red stripes`;

Deno.test("names, choices, references and grounds are counted, sizes apart too", () => {
  const { all: counts, sizes, toBeJudged } = counted(all);
  const right = (one: typeof counts) =>
    Object.values(one).map(({ right, of }) => [right, of]);
  assertEquals(right(counts), [[2, 3], [2, 3], [2, 3], [1, 1], [1, 1]]);
  assertEquals(
    right(sizes["160x120"]!),
    [[1, 1], [0, 1], [1, 1], [1, 1], [0, 0]],
  );
  assertEquals(toBeJudged, [
    { label: "1.2", name: "man’s shoe", guess: "foot" },
  ]);
});

Deno.test("a pair that was judged right counts and is no longer listed", () => {
  const { all: counts, toBeJudged } = counted(all, "\nFoot = man's shoe\n");
  assertEquals(counts.names.right, 3);
  assertEquals(counts.names.judged, 1);
  assertEquals(toBeJudged, []);
  assertEquals(counted(all, "foot = full moon").all.names.right, 2);
});

Deno.test("what is missing counts as wrong and is named", () => {
  const { all: counts, toBeJudged } = counted(
    "1.1: moon\n2.1: ?\nground 1: plain",
  );
  assertEquals(counts.names, {
    ...{ right: 1, of: 3, judged: 0 },
    missing: ["1.2", "2.1"],
  });
  assertEquals(counts.references.missing, ["1.R1", "1.R2", "1.R3"]);
  assertEquals(counts.patterns, {
    ...{ right: 0, of: 1, judged: 0 },
    missing: ["2"],
  });
  assertEquals(toBeJudged, []);
});

Deno.test("a ground of two patterns is wrong, whichever is right", () => {
  const { all: counts } = counted(
    "ground 1: plain or dotted\nground 2: striped or checked",
  );
  assertEquals(counts.plain.right, 0);
  assertEquals(counts.patterns.right, 0);
});
