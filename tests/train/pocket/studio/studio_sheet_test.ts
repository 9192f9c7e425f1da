import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { loadSharp } from "../../../../lib/images/load_sharp.ts";
import { loadModel } from "../../../../lib/pipeline/load/load_model.ts";
import { smallWorld } from "../small_world.ts";
import { writeStudioSheet } from "../../../../train/pocket/studio/studio_sheet.ts";
import { withTempDir } from "../../temp_dir.ts";

Deno.test("a sheet is a file of the kind that its name says, a column for each scene", async () => {
  const sharp = await loadSharp();
  const world = await smallWorld(64);
  await using model = await loadModel("pocket");
  await withTempDir(async (dir) => {
    for (const format of ["png", "webp"]) {
      const path = join(dir, `sheet.${format}`);
      const scores = await writeStudioSheet(model, world, {
        path,
        scenes: 2,
        steps: 1,
      });
      const found = await sharp(path).metadata();
      assertEquals(found.format, format);
      assertEquals([found.width, found.height], [
        2 * 256 + 8,
        4 * 256 + 3 * 8,
      ]);
      assert(Object.values(scores).every(Number.isFinite));
    }
  });
});
