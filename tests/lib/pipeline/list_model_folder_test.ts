import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import { LocRefError } from "../../../lib/core/error.ts";
import { diagnose } from "../../../lib/doctor/diagnose.ts";
import { listModelFolder } from "../../../lib/pipeline/list_model_folder.ts";
import { inTempDir } from "../weights/temp_dir.ts";

const goldens = new URL("../../goldens/", import.meta.url).pathname;
const tiny = join(goldens, "sd-tiny");
const adapter = join(goldens, "locref/locref-tiny.safetensors");

/** A folder that shows the tiny model by links, with `change` made to it. */
async function withModel(run: (dir: string) => Promise<void>) {
  await inTempDir(async (dir) => {
    for await (const { name, isDirectory } of Deno.readDir(tiny)) {
      if (!isDirectory) {
        await Deno.symlink(join(tiny, name), join(dir, name));
        continue;
      }
      await Deno.mkdir(join(dir, name));
      for await (const file of Deno.readDir(join(tiny, name))) {
        await Deno.symlink(
          join(tiny, name, file.name),
          join(dir, name, file.name),
        );
      }
    }
    await run(dir);
  });
}

Deno.test("Stray files in a model's folder change nothing", async () => {
  await withModel(async (dir) => {
    await Deno.writeTextFile(join(dir, ".DS_Store"), "x");
    await Deno.writeTextFile(join(dir, "unet/notes.safetensors"), "<html>");
    await Deno.writeTextFile(join(dir, "vae/._model.safetensors"), "x");
    await Deno.copyFile(adapter, join(dir, "vae/other.safetensors"));
    await Deno.symlink(dir, join(dir, "loop"));
    const found = await diagnose(dir);
    assert(found.ok, JSON.stringify(found.problems));
    assertEquals(found.files.length, 3);
  });
});

Deno.test("A part that is a link to a folder is looked into", async () => {
  await withModel(async (dir) => {
    await Deno.remove(join(dir, "vae"), { recursive: true });
    await Deno.symlink(join(tiny, "vae"), join(dir, "vae"));
    assert((await diagnose(dir)).ok);
  });
});

Deno.test("A file that a part lacks is named once, with a way to it", async () => {
  for (
    const lost of [
      "tokenizer/merges.txt",
      "scheduler/scheduler_config.json",
      "vae/config.json",
    ]
  ) {
    await withModel(async (dir) => {
      await Deno.remove(join(dir, lost));
      const { ok, problems, next } = await diagnose(dir);
      assert(!ok);
      const naming = problems.filter((one) => one.includes(lost));
      assertEquals(naming.length, 1, JSON.stringify(problems));
      assertStringIncludes(next, "Bring what is missing");
    });
  }
});

Deno.test("Files of macOS beside adapters are left out, broken weights are not", async () => {
  await inTempDir(async (dir) => {
    await Deno.copyFile(adapter, join(dir, "a.safetensors"));
    await Deno.writeTextFile(join(dir, "._a.safetensors"), "x");
    assert((await diagnose(dir)).ok);
    await Deno.writeTextFile(join(dir, "b.safetensors"), "<html>");
    const found = await diagnose(dir);
    assert(!found.ok);
    assertStringIncludes(found.problems[0]!, "b.safetensors is an HTML page");
  });
});

Deno.test("A folder without weights says what was expected", async () => {
  await inTempDir(async (dir) => {
    const { ok, problems } = await diagnose(dir);
    assert(!ok);
    assertStringIncludes(problems[0]!, "neither model_index.json");
  });
});

Deno.test("A folder of folders is looked into to a depth, and of many files given up", async () => {
  await inTempDir(async (dir) => {
    await Deno.mkdir(join(dir, "a/b/c/d/e/f"), { recursive: true });
    await Deno.writeTextFile(join(dir, "a/b/x"), "");
    await Deno.writeTextFile(join(dir, "a/b/c/d/e/f/y"), "");
    assertEquals(await listModelFolder(dir), ["a/b/x"]);
    for (let i = 0; i < 20_001; i++) {
      Deno.writeTextFileSync(join(dir, `${i}`), "");
    }
    await assertRejects(
      () => listModelFolder(dir),
      LocRefError,
      "holds more than 20000 files",
    );
  });
});
