import { assertEquals } from "@std/assert";
import {
  countReplies,
  type Counts,
} from "../../../../eval/naming/count_replies.ts";
import { parseJudged } from "../../../../eval/naming/judged.ts";
import type { NamingKey } from "../../../../eval/naming/naming_key.ts";
import { parseReplies } from "../../../../eval/naming/replies.ts";

const results = new URL("../../../../train/pocket/results/", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, results));

function countsOf(run: string): Counts[] {
  const key: NamingKey = JSON.parse(read(`naming/${run}/key.json`));
  const judge = parseJudged(read("naming/judged.txt"), "judged.txt");
  return [...Deno.readDirSync(new URL(`naming/${run}`, results))]
    .map(({ name }) => name).filter((name) => name.startsWith("reader_"))
    .sort()
    .map((name) => {
      const replies = parseReplies(read(`naming/${run}/${name}`), {
        key,
        name,
      });
      return countReplies(key, replies, judge).all;
    });
}

for (
  const run of [
    "squares",
    "squares_of_wide",
    "wide",
    "wide_stretched",
  ]
) {
  Deno.test(`the table of results has the counts of the kept replies of "${run}"`, () => {
    const row = read("README.md").split("\n")
      .find((line) => line.startsWith(`| \`${run}\``))!;
    const cells = row.split("|").map((cell) => cell.match(/\d+/g)?.map(Number));
    const readers = countsOf(run);
    const counted = (["names", "choices", "references", "patterns"] as const)
      .map((kind) => [
        ...readers.map((one) => one[kind].right),
        readers[0]![kind].of,
      ]);
    assertEquals(cells.slice(2, 6), counted);
  });
}
