import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { LocRefError } from "../../../../lib/core/error.ts";
import { readJson } from "../../../../lib/core/files/read_json.ts";
import { inTempDir } from "../../weights/temp_dir.ts";

async function reading(content: string): Promise<string> {
  let said = "";
  await inTempDir(async (dir) => {
    const path = join(dir, "config.json");
    await Deno.writeTextFile(path, content);
    const error = await assertRejects(() => readJson(path), LocRefError);
    assertEquals(error.code, "file-invalid");
    said = error.message.replace(dir, "");
  });
  return said;
}

Deno.test("What stands in place of a config is named, with a way out", async () => {
  const pointer = "version https://git-lfs.github.com/spec/v1\nsize 1\n";
  assert(/Git LFS pointer.*git lfs pull/.test(await reading(pointer)));
  assert(/HTML page.*terms/.test(await reading("<!doctype html>")));
  assert(/is not JSON but empty/.test(await reading("")));
  assert(/is not JSON/.test(await reading("{")));
});

Deno.test("JSON that does nothing but nest is refused at once", async () => {
  const start = performance.now();
  const said = await reading("[".repeat(20_000_000));
  assert(said.includes("more than 500000 levels"), said);
  assert(performance.now() - start < 5_000);
});

Deno.test("A byte order mark is no part of a config", async () => {
  await inTempDir(async (dir) => {
    const path = join(dir, "config.json");
    await Deno.writeTextFile(path, '\ufeff{"a":1}');
    assertEquals(await readJson(path), { a: 1 });
  });
});
