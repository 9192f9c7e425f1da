/** The programs of `docs/editing.md` on the pocket model. */

import { assert } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { inTempDir } from "../lib/weights/temp_dir.ts";
import { blocksOf, runCode } from "./run_page.ts";

const root = fromFileUrl(new URL("../../", import.meta.url));

Deno.test("the page's programs run, and the first writes its picture", async () => {
  await inTempDir(async (dir) => {
    for (const program of await blocksOf("editing.md", "ts")) {
      await runCode(
        program
          .replaceAll('"examples/', `"${root}examples/`)
          .replaceAll('"docs/', `"${root}docs/`)
          .replaceAll("seed: 3", "seed: 3, steps: 2")
          .replaceAll("steps: 10", "steps: 2"),
        dir,
      );
    }
    assert((await Deno.stat(join(dir, "alone.png"))).size > 0);
  });
});
