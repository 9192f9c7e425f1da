/** The lines of `docs/single_files.md` on small files. */

import { assert } from "@std/assert";
import { join } from "@std/path";
import {
  tinyParts,
  writeSingleFile,
} from "../lib/weights/single_file/tiny_checkpoint.ts";
import { inTempDir } from "../lib/weights/temp_dir.ts";
import { blocksOf, runCode, runLines, withNames } from "./run_page.ts";

Deno.test("the page's program and commands run", async () => {
  await inTempDir(async (dir) => {
    const { unet, vae, text_encoder } = tinyParts();
    const write = (
      name: string,
      parts: Parameters<typeof writeSingleFile>[1],
    ) => writeSingleFile(join(dir, `${name}.safetensors`), parts);
    await write("juggernautXL", { unet, vae, text_encoder });
    await Deno.rename(
      await write("whole", { unet, vae, text_encoder }),
      join(dir, "dreamshaper_8.safetensors"),
    );
    await write("pruned", { unet, text_encoder });
    await write("vae-ft-mse", { vae });
    const [program] = await blocksOf("single_files.md", "ts ignore");
    await runCode(
      withNames(program!, {
        "scene()": "scene(64, 64)",
        "generate({ model })": "generate({ model, steps: 1 })",
      }),
      dir,
    );
    assert((await Deno.stat(join(dir, "apple.png"))).size > 0);
    await Deno.writeTextFile(
      join(dir, "scene.json"),
      '{"caption": "a red apple"}',
    );
    const small = { "scene.json": "scene.json --steps 1 --size 64x64" };
    const [plain, pruned] = await blocksOf("single_files.md", "sh");
    await runLines(withNames(plain!.split("\n")[0]!, small), dir);
    await runLines(withNames(pruned!, small), dir);
    assert((await Deno.stat(join(dir, "out.png"))).size > 0);
  });
});
