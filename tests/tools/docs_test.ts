import { assert, assertEquals } from "@std/assert";
import { exportFormats } from "../../eval/export/export_formats.ts";
import { automaticBackends, backendNames } from "../../lib/ops/backends.ts";
import { docsPages } from "../../tools/docs/write_pages.ts";
import { stageNames } from "../../train/loop/stages.ts";

const root = new URL("../../", import.meta.url);

async function page(path: string): Promise<string> {
  return await Deno.readTextFile(new URL(path, root));
}

/** First cells of the rows of the table whose head begins with `head`, without backticks. */
function firstCells(markdown: string, head: string): string[] {
  const lines = markdown.split("\n");
  const at = lines.findIndex((line) => line.startsWith(`| ${head} `));
  assert(at >= 0, head);
  const rows = lines.slice(at + 2);
  const end = rows.findIndex((line) => !line.startsWith("|"));
  return rows.slice(0, end).map((row) =>
    row.split("|")[1]!.trim().replaceAll("`", "")
  );
}

Deno.test("pages that are made of tables are up to date (deno task docs)", async () => {
  for (const [path, text] of Object.entries(await docsPages())) {
    assertEquals(await page(path), text, path);
  }
});

Deno.test("README's table holds every backend, and its text the order of auto", async () => {
  const readme = await page("README.md");
  assertEquals(
    firstCells(readme, "backend").sort(),
    [...backendNames].sort(),
  );
  const order = /takes the first that works of ([^;]+);/.exec(readme)?.[1];
  assertEquals(
    order?.split(/,\s+/),
    automaticBackends().map(({ name }) => name),
  );
});

Deno.test("train/README names every stage, eval/README every format of exports", async () => {
  const [train, evaluation] = [
    await page("train/README.md"),
    await page("eval/README.md"),
  ];
  assertEquals(firstCells(train, "stage"), stageNames());
  for (const { name } of exportFormats) {
    assert(evaluation.includes(`\`${name}\``), name);
  }
});
