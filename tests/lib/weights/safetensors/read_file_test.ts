import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { LocRefError } from "../../../../lib/core/error.ts";
import { readInto } from "../../../../lib/weights/safetensors/read_file.ts";
import { inTempDir } from "../temp_dir.ts";

/** More than is read in one part, and no multiple of the parts. */
const length = (9 << 20) + 13;

/** A byte that depends on its place in the file. */
const byteAt = (place: number) => (place * 2654435761 >>> 13) & 255;

async function writeBytes(folder: string): Promise<string> {
  const path = join(folder, "bytes");
  await Deno.writeFile(path, Uint8Array.from({ length }, (_, i) => byteAt(i)));
  return path;
}

Deno.test("a large read holds every byte of the file in its place", async () => {
  await inTempDir(async (dir) => {
    const offset = 7;
    const into = new Uint8Array(length - offset);
    await readInto(await writeBytes(dir), offset, into);
    assert(into.every((byte, i) => byte === byteAt(offset + i)));
  });
});

Deno.test("a large read beyond the file's end is refused with the file's name", async () => {
  await inTempDir(async (dir) => {
    const path = await writeBytes(dir);
    const error = await assertRejects(
      () => readInto(path, 1, new Uint8Array(length)),
      LocRefError,
      `${path} ends at byte ${length}`,
    );
    assertEquals(error.code, "file-invalid");
  });
});
