import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { readScene } from "../../cli/read_scene.ts";
import { LocRefError } from "../../lib/core/error.ts";
import { encodePng } from "../../lib/images/encode_png.ts";
import { blankRaster } from "../../lib/images/raster.ts";
import { inTempDir } from "../lib/weights/temp_dir.ts";

Deno.test("a picture that is no PNG file is named by its kind where a scene is read", async () => {
  await assertRejects(
    () => readScene("examples/assets/vase.webp"),
    LocRefError,
    'Scene "examples/assets/vase.webp" is no JSON but webp: give a JSON file, or a PNG file that generate wrote',
  );
});

Deno.test("a PNG file is read as a saved picture whatever its name ends in", async () => {
  await inTempDir(async (dir) => {
    const path = join(dir, "first");
    await Deno.writeFile(path, encodePng(blankRaster(8, 8, [1, 2, 3, 255])));
    await assertRejects(
      () => readScene(path),
      LocRefError,
      "does not say how it was made",
    );
  });
});

Deno.test("a scene's file may begin with a byte order mark", async () => {
  await inTempDir(async (dir) => {
    const path = join(dir, "scene.json");
    await Deno.writeTextFile(path, '\ufeff{"caption": "a cat"}');
    const { scene } = await readScene(path);
    assertEquals(scene.toJSON().caption, "a cat");
  });
});
