import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";

const root = fromFileUrl(new URL("../../", import.meta.url));

Deno.test("the page's import map has a line for every entry point of programs", async () => {
  const { name, exports } = JSON.parse(
    await Deno.readTextFile(join(root, "deno.json")),
  ) as { name: string; exports: Record<string, string> };
  const page = await Deno.readTextFile(join(root, "docs/your_project.md"));
  const [, block] = /^```json\n([^]*?)^```$/m.exec(
    page.slice(page.indexOf("## From a checkout")),
  )!;
  const expected = Object.entries(exports)
    .filter(([entry]) => entry !== "./cli")
    .map(([entry, file]) => [
      `${name}${entry.slice(1)}`,
      `../locref${file.slice(1)}`,
    ]);
  assertEquals(JSON.parse(block!).imports, Object.fromEntries(expected));
});
