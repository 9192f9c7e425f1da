import { assert, assertEquals, assertRejects } from "@std/assert";
import { readFile } from "node:fs/promises";
import { join } from "@std/path";
import {
  systemError,
  writeError,
} from "../../../../lib/core/machine/system_error.ts";
import { LocRefError } from "../../../../lib/core/error.ts";
import { replaceFile } from "../../../../lib/core/files/write_file.ts";

/** An error as Node's file functions throw it. */
function nodeError(code: string, path?: string): Error {
  return Object.assign(new Error(`${code}: open`), { code, path });
}

Deno.test("refusals of the system are one sentence that names the file", async () => {
  const missing = await readFile("/nowhere/x").catch((error) => error);
  const denoMissing = await Deno.readFile("/nowhere/x").catch((error) => error);
  for (const error of [missing, denoMissing]) {
    assertEquals(
      systemError(error)?.message,
      'File "/nowhere/x" cannot be used: it is missing',
    );
  }
  assertEquals(
    systemError(nodeError("ENOSPC"))?.message,
    "A file cannot be used: no space is left on its device",
  );
  assertEquals(
    systemError(nodeError("EACCES", "/root/x"))?.message,
    'File "/root/x" cannot be used: permission is denied',
  );
});

Deno.test("other errors are left as they are", () => {
  for (const error of [new TypeError("a"), nodeError("ERR_X"), "text", null]) {
    assertEquals(systemError(error), undefined);
    assert(writeError("x", error) === error);
  }
});

Deno.test("a disk that becomes full while a file is written is one sentence, and no part is left", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "x.png");
    const error = await assertRejects(
      () => replaceFile(path, () => Promise.reject(nodeError("ENOSPC"))),
      LocRefError,
    );
    assertEquals(
      error.message,
      `File "${path}" cannot be written: no space is left on its device`,
    );
    assertEquals([...Deno.readDirSync(folder)], []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("messages have a bounded length", () => {
  assert(new LocRefError("hub", "a".repeat(1e6)).message.length <= 4000);
  const long = systemError(nodeError("ENOENT", "/a".repeat(1e5)));
  assert(long!.message.length < 500);
});
