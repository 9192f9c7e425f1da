/** `deno task ablation` as a user calls it, on one scene. */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { command } from "../../../eval/ablation/command.ts";
import { printed } from "../printed.ts";
import { withTempDir } from "../../train/temp_dir.ts";

const few = ["--scenes", "1", "--seeds", "2", "--steps", "1", "--seed", "3"];

Deno.test("the ablation prints and writes one row a switch, beside the ceiling", async () => {
  await withTempDir(async (dir) => {
    const text = await printed(() =>
      command.run([...few, "--out", dir, "--json"])
    );
    const results = JSON.parse(text);
    assertEquals(Object.keys(results), [
      ...["compared", "model", "seed", "scenes", "seeds", "steps"],
      ...["ceiling", "rows"],
    ]);
    assertEquals(
      results.rows.map(({ name }: { name: string }) => name),
      ["CI only", "+GRG", "+IAF", "+IS", "no references", "silhouettes"],
    );
    for (const row of [...results.rows, results.ceiling]) {
      assertEquals(Object.keys(row), [
        ...["name", "map", "map50", "mapAgnostic", "map50Agnostic"],
        ...["clip_i", "ci95"],
      ]);
      assert(row.clip_i >= -1 && row.clip_i <= 1, String(row.clip_i));
    }
    assert(results.ceiling.clip_i > results.rows[4].clip_i);
    const read = (name: string) => Deno.readTextFile(join(dir, name));
    assertEquals(JSON.parse(await read("results.json")), results);
    assert((await read("table.md")).includes("| true compositions |"));
    assert((await read("plot.svg")).startsWith("<svg"));
  });
});
