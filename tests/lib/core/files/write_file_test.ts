import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import {
  replaceFile,
  writeFileAtomically,
} from "../../../../lib/core/files/write_file.ts";
import { inTempDir } from "../../weights/temp_dir.ts";

function names(dir: string): string[] {
  return [...Deno.readDirSync(dir)].map(({ name }) => name).sort();
}

Deno.test("A written file stands alone in its folder, which is made", async () => {
  await inTempDir(async (dir) => {
    const path = join(dir, "new", "file");
    await writeFileAtomically(path, "text");
    assertEquals(await Deno.readTextFile(path), "text");
    assertEquals(names(join(dir, "new")), ["file"]);
  });
});

Deno.test("A file that is replaced keeps its permissions", async () => {
  await inTempDir(async (dir) => {
    const path = join(dir, "file");
    await Deno.writeTextFile(path, "before", { mode: 0o600 });
    await writeFileAtomically(path, "after");
    assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
    assertEquals(await Deno.readTextFile(path), "after");
  });
});

Deno.test("A file with the longest name can be written", async () => {
  await inTempDir(async (dir) => {
    const path = join(dir, "x".repeat(255));
    await writeFileAtomically(path, "text");
    assertEquals(await Deno.readTextFile(path), "text");
  });
});

Deno.test("Two writes of one file do not meet in their temporary files", async () => {
  await inTempDir(async (dir) => {
    const path = join(dir, "file");
    const seen: string[][] = [];
    const write = (text: string) =>
      replaceFile(path, async (handle) => {
        await handle.writeFile(text);
        seen.push(names(dir));
      });
    await Promise.all([write("one"), write("two")]);
    assertEquals(new Set(seen.flat()).size >= 2, true);
    assertEquals(names(dir), ["file"]);
  });
});

Deno.test("A write that fails leaves the old file and nothing else", async () => {
  await inTempDir(async (dir) => {
    const path = join(dir, "file");
    await Deno.writeTextFile(path, "before");
    await assertRejects(
      () => replaceFile(path, () => Promise.reject(new Error("full"))),
      Error,
      "full",
    );
    assertEquals(await Deno.readTextFile(path), "before");
    assertEquals(names(dir), ["file"]);
  });
});
