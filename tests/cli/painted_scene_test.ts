import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { decodeImage } from "../../lib/images/decode.ts";
import type { Raster } from "../../lib/images/raster.ts";
import { readProvenance } from "../../lib/pipeline/provenance/read_provenance.ts";
import { inTempDir } from "../lib/weights/temp_dir.ts";
import { run } from "./public_models.ts";

const scene = {
  version: 1,
  caption: "a star and a padlock",
  instances: [
    ["star.png", 0.05, 0.1, 0.45, 0.5],
    ["padlock.webp", 0.55, 0.5, 0.95, 0.95],
  ].map(([reference, x0, y0, x1, y1]) => ({
    ...{ reference, box: { x0, y0, x1, y1 } },
  })),
};

/** Whether two pictures are equal in a rectangle of per cents. */
function equalIn(a: Raster, b: Raster, edges: readonly number[]): boolean {
  const [x0, y0, x1, y1] = edges.map((one) => Math.floor(one * a.width / 100));
  for (let y = y0!; y < y1!; y++) {
    const [from, to] = [x0!, x1!].map((x) => 4 * (y * a.width + x));
    const row = a.data.subarray(from, to);
    if (row.some((one, i) => one !== b.data[from! + i])) return false;
  }
  return true;
}

Deno.test("a shell paints an instance anew, moves it, takes one out, and stands a scene in a photograph", async () => {
  await inTempDir(async (dir) => {
    for (const { reference } of scene.instances) {
      await Deno.copyFile(
        `examples/assets/${reference}`,
        join(dir, `${reference}`),
      );
    }
    const path = (name: string) => join(dir, name);
    await Deno.writeTextFile(path("scene.json"), JSON.stringify(scene));
    const generate = (from: string, to: string, ...more: string[]) => [
      ...["generate", path(from), "-o", path(to), "--steps", "2"],
      ...["--backend", "onnx", ...more],
    ];
    const results = await run([
      generate("scene.json", "first.png", "--seed", "3"),
      generate("first.png", "again.png", "--again", "star"),
      generate("first.png", "two.png", "--again", "0", "--count", "2"),
      generate("first.png", "moved.png", "--again", "1", "--box", "5,60,35,90"),
      generate("first.png", "alone.png", "--without", "padlock", "--margin=0"),
      generate("alone.png", "replay.png"),
      generate("scene.json", "on.png", "--on", path("first.png")),
      ["preview", path("first.png"), "-o", path("sheet.png"), "--without", "0"],
      generate("scene.json", "no.png", "--again", "0"),
      generate("first.png", "no.png", "--again", "moon"),
      generate("first.png", "no.png", "--agian", "0"),
    ], { cwd: dir, env: {} });
    const failed = results.slice(0, 8).filter(({ code }) => code !== 0);
    assertEquals(failed, []);
    const picture = (name: string) => decodeImage(path(name));
    const first = await picture("first.png");
    const again = await picture("again.png");
    assert(equalIn(first, again, [52, 0, 100, 100]));
    assert(!equalIn(first, again, [10, 15, 40, 45]));
    assertEquals((await readProvenance(path("again.png"))).seed, 4);
    assertEquals((await readProvenance(path("two-2.png"))).seed, 5);
    assert(equalIn(again, await picture("two-1.png"), [0, 0, 100, 100]));
    const moved = await picture("moved.png");
    assert(equalIn(first, moved, [0, 0, 100, 38]));
    assert(!equalIn(first, moved, [60, 55, 90, 90]));
    const alone = await picture("alone.png");
    assert(equalIn(first, alone, [0, 0, 52, 100]));
    assert(equalIn(alone, await picture("replay.png"), [0, 0, 100, 100]));
    const on = await picture("on.png");
    assert(equalIn(first, on, [48, 0, 100, 46]));
    const said = results.slice(8).map(({ code, text }) => {
      assert(code !== 0);
      return text;
    });
    assertStringIncludes(
      said[0]!,
      "--again paints on a PNG file that generate wrote",
    );
    assertStringIncludes(
      said[1]!,
      'There is no instance "moon": the picture has "star", "padlock"',
    );
    assertStringIncludes(said[2]!, "did you mean --again");
  });
});
