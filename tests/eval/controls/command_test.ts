import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { command } from "../../../eval/controls/command.ts";
import { printed } from "../printed.ts";
import { inTempDir } from "../../lib/weights/temp_dir.ts";

Deno.test("scenes of several sizes take turns, and the file of the rows names the sizes", async () => {
  await inTempDir(async (out) => {
    const args = ["--scenes", "2", "--sizes", "96x64,64x96", "--json"];
    const text = await printed(() => command.run([...args, "--out", out]));
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
