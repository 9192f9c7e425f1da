import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { runNotebook } from "../../../tools/notebooks/run.ts";

function notebook(...sources: string[]) {
  return JSON.stringify({
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {},
    cells: [
      { cell_type: "markdown", source: "# Title", metadata: {} },
      ...sources.map((source) => ({
        cell_type: "code",
        source,
        metadata: {},
        outputs: [],
      })),
    ],
  });
}

async function withNotebook(
  text: string,
  use: (path: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "a.ipynb");
    await Deno.writeTextFile(path, text);
    await use(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a notebook's cells run in one kernel and keep their outputs", async () => {
  const cells = [
    "const answer: number = 41 + 1; answer",
    'console.log("said", answer)',
    "({ [Symbol.for('Jupyter.display')]: () => ({ 'text/html': `<b>${answer}</b>` }) })",
    `await Deno.jupyter.broadcast("display_data", { data: { "text/plain": "1 of 2" }, metadata: {}, transient: { display_id: "p" } });
     await Deno.jupyter.broadcast("update_display_data", { data: { "text/plain": "2 of 2" }, metadata: {}, transient: { display_id: "p" } });`,
  ];
  await withNotebook(notebook(...cells), async (path) => {
    assertEquals(await runNotebook(path), []);
    const written = JSON.parse(await Deno.readTextFile(path));
    // deno-lint-ignore no-explicit-any -- a notebook file
    const outputs = written.cells.slice(1).map((cell: any) => cell.outputs);
    assertStringIncludes(outputs[0][0].data["text/plain"], "42");
    assertEquals(outputs[1], [{
      output_type: "stream",
      name: "stdout",
      text: ["said 42\n"],
    }]);
    assertEquals(outputs[2][0].data["text/html"], "<b>42</b>");
    assertEquals(outputs[3].length, 1);
    assertEquals(outputs[3][0].data["text/plain"], "2 of 2");
  });
});

Deno.test("an error in a cell is reported and the file is left as it was", async () => {
  const text = notebook("1", "throw new RangeError('boom')");
  await withNotebook(text, async (path) => {
    const errors = await runNotebook(path);
    assertEquals(errors.length, 1);
    assertStringIncludes(errors[0]!, "code cell 2");
    assert(errors[0]!.includes("boom"));
    assertEquals(await Deno.readTextFile(path), text);
  });
});
