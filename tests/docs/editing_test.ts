/** The programs and command lines of `docs/editing.md`, on the pocket model and on stand-ins. */

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { tinyBase } from "../lib/adapters/random_adapter.ts";
import { writeControlnet } from "../lib/adapters/random_controls.ts";
import { inTempDir } from "../lib/weights/temp_dir.ts";
import { encodePng } from "../../lib/images/encode_png.ts";
import { blankRaster } from "../../lib/images/raster.ts";
import { blocksOf, runCode, runLines, withNames } from "./run_page.ts";

const root = fromFileUrl(new URL("../../", import.meta.url));

/** Runs several programs in one process, each as a file of its own. */
async function runAll(programs: readonly string[], dir: string): Promise<void> {
  for (const [i, program] of programs.entries()) {
    await Deno.writeTextFile(join(dir, `part_${i}.ts`), program);
  }
  const imports = programs.map((_, i) => `await import("./part_${i}.ts");`);
  await runCode(imports.join("\n"), dir);
}

function here(program: string): string {
  return program
    .replaceAll('"examples/', `"${root}examples/`)
    .replaceAll('"docs/', `"${root}docs/`)
    .replaceAll("seed: 3", "seed: 3, steps: 2")
    .replaceAll("generate()", "generate({ steps: 2 })")
    .replaceAll(/steps: \d+/g, "steps: 2");
}

/** Pictures that the page names, 64 pixels a side; a mask is white in its upper half. */
async function writePictures(dir: string): Promise<void> {
  const star = join(root, "examples/assets/star.png");
  for (const name of ["house.jpg", "table.jpg", "room.jpg", "pose.png"]) {
    const photo = blankRaster(64, 64, [40, 90, 160, 255]);
    photo.data.fill(200, 0, 4 * 64 * 20);
    await Deno.writeFile(join(dir, name), encodePng(photo));
  }
  const mask = blankRaster(64, 64, [0, 0, 0, 255]);
  mask.data.fill(255, 0, 4 * 64 * 32);
  await Deno.writeFile(join(dir, "door.png"), encodePng(mask));
  await Deno.writeFile(join(dir, "depth.png"), encodePng(mask));
  for (const name of ["backpack.png", "dog.png"]) {
    await Deno.copyFile(star, join(dir, name));
  }
}

Deno.test("the page's programs run, and the first writes its picture", async () => {
  await inTempDir(async (dir) => {
    await runAll((await blocksOf("editing.md", "ts")).map(here), dir);
    assert((await Deno.stat(join(dir, "alone.png"))).size > 0);
  });
});

const repo = "stable-diffusion-v1-5/stable-diffusion-v1-5";
const openpose = "lllyasviel/control_v11p_sd15_openpose";

Deno.test("the page's programs and command lines for public weights run on small ones", async () => {
  await inTempDir(async (dir) => {
    await writePictures(dir);
    const net = await writeControlnet(join(dir, "net"));
    await Deno.copyFile(
      join(net, "diffusion_pytorch_model.safetensors"),
      join(dir, "depth.safetensors"),
    );
    const programs = await blocksOf("editing.md", "ts ignore");
    assertEquals(programs.length, 4);
    const [, inpaint, on, controls] = programs;
    const small = { "scene()": "scene(64, 64)" };
    const few = { "generate({ model": "generate({ steps: 2, model" };
    await runAll([
      withNames(inpaint!, { ...small, ...few, [repo]: tinyBase }),
      withNames(on!, { ...small, "generate()": "generate({ steps: 2 })" }),
      withNames(controls!, {
        ...{ ...small, ...few, [openpose]: net, [repo]: tinyBase },
        "lllyasviel/control_v11p_sd15_canny": net,
        // the tiny model has no adapter
        '.place("dog.png", box.percent(60, 50, 95, 95))': "",
      }),
    ], dir);
    const [, lines] = await blocksOf("editing.md", "sh");
    const seen = {
      caption: "a star",
      size: { width: 64, height: 64 },
      instances: [{ reference: "dog.png", box: { percent: [20, 20, 80, 80] } }],
    };
    await Deno.writeTextFile(join(dir, "scene.json"), JSON.stringify(seen));
    const plain = { caption: "a star", size: { width: 64, height: 64 } };
    await Deno.writeTextFile(join(dir, "plain.json"), JSON.stringify(plain));
    const [control, ...edits] = lines!.split(/\n(?=deno)/);
    await runLines(
      withNames(control!, {
        [openpose]: net,
        [repo]: `${tinyBase} --steps 2`,
        "scene.json": "plain.json",
        ",instance=1": "",
      }),
      dir,
    );
    for (const line of edits) {
      await runLines(
        withNames(line.trim(), { "scene.json": "scene.json --steps 2" }),
        dir,
      );
    }
  });
});

Deno.test("the page's program and command lines paint on a saved picture", async () => {
  await inTempDir(async (dir) => {
    for (const name of ["star.png", "padlock.webp"]) {
      await Deno.copyFile(join(root, "examples/assets", name), join(dir, name));
    }
    const pair = {
      caption: "a star and a padlock",
      instances: [
        { reference: "star.png", box: { percent: [5, 10, 50, 55] } },
        { reference: "padlock.webp", box: { percent: [56, 42, 94, 92] } },
      ],
    };
    await Deno.writeTextFile(join(dir, "pair.json"), JSON.stringify(pair));
    await runLines("deno task generate pair.json --steps 2 -o first.png", dir);
    const [lines] = await blocksOf("editing.md", "sh");
    for (const line of lines!.trim().split("\n")) await runLines(line, dir);
    const [program] = await blocksOf("editing.md", "ts ignore");
    await Deno.remove(join(dir, "second.png"));
    await runAll([program!], dir);
    for (const name of ["second", "moved", "alone"]) {
      assert((await Deno.stat(join(dir, `${name}.png`))).size > 0);
    }
  });
});
