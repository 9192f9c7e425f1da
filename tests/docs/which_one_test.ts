/** The programs of `docs/which_one.md` on the pocket model. */

import { assert } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { inTempDir } from "../lib/weights/temp_dir.ts";
import { blocksOf, runCode } from "./run_page.ts";

const root = fromFileUrl(new URL("../../", import.meta.url));

Deno.test("the page's programs run on the pocket model", async () => {
  await inTempDir(async (dir) => {
    for (const program of await blocksOf("which_one.md", "ts")) {
      await runCode(
        program
          .replaceAll('"examples/', `"${root}examples/`)
          .replaceAll("steps: 10", "steps: 2")
          .replaceAll("steps: 2, iterations: 2", "steps: 1, iterations: 1"),
        dir,
      );
    }
    for (const name of ["bounded", "guided", "star", "basketball"]) {
      assert((await Deno.stat(join(dir, `${name}.png`))).size > 0);
    }
  });
});
