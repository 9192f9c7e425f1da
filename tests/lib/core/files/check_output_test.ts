import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import {
  checkOutputFile,
  checkOutputFolder,
} from "../../../../lib/core/files/check_output.ts";
import { LocRefError } from "../../../../lib/core/error.ts";

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function refused(check: Promise<void>, sentence: string): Promise<void> {
  const error = await assertRejects(() => check, LocRefError, sentence);
  assertEquals(error.code, "file-refused");
}

Deno.test("places that take results pass, and nothing is left there", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "old.png"), "old");
    await checkOutputFile(join(folder, "old.png"));
    await checkOutputFile(join(folder, "new.png"));
    await checkOutputFile(join(folder, "a", "b", "new.png"));
    await checkOutputFolder(folder);
    await checkOutputFolder(join(folder, "c", "d"));
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), [
      "old.png",
    ]);
    assertEquals(await Deno.readTextFile(join(folder, "old.png")), "old");
  });
});

Deno.test("a file that cannot be written is refused before it is made", async () => {
  await inFolder(async (folder) => {
    const plain = join(folder, "plain");
    await Deno.writeTextFile(plain, "");
    await refused(
      checkOutputFile(folder),
      `File "${folder}" cannot be written: it is a folder`,
    );
    for (const path of [join(plain, "x.png"), join(plain, "a", "x.png")]) {
      await refused(
        checkOutputFile(path),
        `File "${path}" cannot be written: part of its path is a file`,
      );
    }
    await refused(
      checkOutputFile(join(folder, `${"a".repeat(300)}.png`)),
      "cannot be written: its name is too long",
    );
    await refused(
      checkOutputFolder(plain),
      `Folder "${plain}" cannot be written: it is a file`,
    );
    await refused(
      checkOutputFolder(join(plain, "a")),
      "cannot be written: part of its path is a file",
    );
  });
});

Deno.test({
  name: "devices and folders of the system are refused",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await refused(
      checkOutputFile("/dev/null"),
      'File "/dev/null" cannot be written: it is no regular file',
    );
    await refused(
      checkOutputFile("/proc/x.png"),
      'File "/proc/x.png" cannot be written: folder "/proc" takes no files',
    );
  },
});
