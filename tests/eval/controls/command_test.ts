import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { command } from "../../../eval/controls/command.ts";
import { inTempDir } from "../../lib/weights/temp_dir.ts";

/** Runs a command, and returns what it printed. */
async function printed(args: readonly string[]): Promise<string> {
  const lines: string[] = [];
  const { log } = console;
  console.log = (line: string) => lines.push(line);
  try {
    assertEquals(await command.run([...args]), 0);
  } finally {
    console.log = log;
  }
  return lines.join("\n");
}

Deno.test("scenes of several sizes take turns, and the file of the rows names the sizes", async () => {
  await inTempDir(async (out) => {
    const text = await printed([
      ...["--scenes", "2", "--sizes", "96x64,64x96", "--out", out, "--json"],
    ]);
    const { rows, ...about } = JSON.parse(
      await Deno.readTextFile(join(out, "controls.json")),
    );
    assertEquals(about, {
      ...{ seed: 1, count: 2, seeds: 1 },
      sizes: [{ width: 96, height: 64 }, { width: 64, height: 96 }],
    });
    assertEquals(JSON.parse(text).rows, rows);
  });
});
