import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { createHash } from "node:crypto";
import { hashFile } from "../../../../lib/weights/safetensors/hash_file.ts";
import { inTempDir } from "../temp_dir.ts";

const NAME = "0".repeat(64);
const BYTES = new TextEncoder().encode("not what its name says");
const HASH = createHash("sha256").update(BYTES).digest("hex");

/** Runs `run` while `dir` is the hub's cache. */
async function withCache(run: (dir: string) => Promise<void>) {
  const before = Deno.env.get("HF_HUB_CACHE");
  await inTempDir(async (dir) => {
    Deno.env.set("HF_HUB_CACHE", join(dir, "cache"));
    try {
      await run(dir);
    } finally {
      if (before === undefined) Deno.env.delete("HF_HUB_CACHE");
      else Deno.env.set("HF_HUB_CACHE", before);
    }
  });
}

async function put(folder: string): Promise<string> {
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeFile(join(folder, NAME), BYTES);
  return join(folder, NAME);
}

Deno.test("A file is not believed for a name that is a hash", async () => {
  await withCache(async (dir) => {
    for (
      const folder of [
        ".",
        "blobs",
        "models--me--m/blobs",
        "cache",
        "cache/blobs",
        "cache/other/blobs",
        "cache/models--me--m/snapshots",
        "cache/x/models--me--m/blobs",
      ]
    ) {
      assertEquals(await hashFile(await put(join(dir, folder))), HASH, folder);
    }
  });
});

Deno.test("A link to such a file, inside the cache, is not believed either", async () => {
  await withCache(async (dir) => {
    const file = await put(join(dir, "elsewhere"));
    const blobs = join(dir, "cache/models--me--m/blobs");
    await Deno.mkdir(blobs, { recursive: true });
    await Deno.symlink(file, join(blobs, NAME));
    assertEquals(await hashFile(join(blobs, NAME)), HASH);
  });
});

Deno.test("A large file of the hub's cache is not read again", async () => {
  await withCache(async (dir) => {
    const blob = await put(join(dir, "cache/models--me--m/blobs"));
    const shown = join(dir, "model.safetensors");
    await Deno.symlink(blob, shown);
    assertEquals(await hashFile(shown), NAME);
  });
});
