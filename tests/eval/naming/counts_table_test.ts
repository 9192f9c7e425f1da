import { assert, assertEquals } from "@std/assert";
import { countReplies } from "../../../eval/naming/count_replies.ts";
import { countsTable } from "../../../eval/naming/counts_table.ts";
import { parseReplies } from "../../../eval/naming/replies.ts";
import { key } from "./small_key.ts";

/** The lines that the replies of one reader make. */
function linesOf(text: string): string[] {
  const replies = parseReplies(text, { key, name: "a.txt" });
  const counts = countReplies(key, replies, () => false);
  return countsTable([{ replies: "a.txt", ...counts }]).split("\n");
}

Deno.test("missing replies are counted in the words of a sentence", () => {
  const lines = linesOf("1.1: moon\nchoice 1.1: full moon\nchoice 2.1: lion");
  const missing = lines.filter((line) => line.includes("missing"));
  assertEquals(
    missing[0],
    "a.txt: 2 replies missing, counted as wrong: free names 1.2, 2.1",
  );
  assertEquals(
    missing[1],
    "a.txt: 1 reply missing, counted as wrong: among four names 1.2",
  );
});

Deno.test("each size has a row of its own below its reader's", () => {
  const rows = linesOf("1.1: moon").filter((line) =>
    line.startsWith("| a.txt")
  );
  assertEquals(rows.map((row) => row.split(" | ")[0]), [
    "| a.txt",
    "| a.txt, 128x128",
    "| a.txt, 160x120",
  ]);
  assert(rows[0]!.startsWith("| a.txt | 1 of 3 |"), rows[0]);
});
