import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { openShards } from "../../../../train/dataset/read/shards.ts";
import { withTempDir } from "../../temp_dir.ts";
import { tinyBoxes, writeTinyShards } from "../../tiny_shards.ts";

Deno.test("samples are read from shards in any order", async () => {
  await withTempDir(async (dir) => {
    await writeTinyShards(dir);
    const shards = await openShards(dir);
    assertEquals(shards.keys, ["scene00", "scene01", "scene10", "scene11"]);
    await Deno.rename(
      join(dir, "train-0.tar"),
      join(dir, "validation-0.tar"),
    );
    const training = await openShards(dir);
    assertEquals(training.keys, ["scene10", "scene11"]);
    await Deno.rename(
      join(dir, "validation-0.tar"),
      join(dir, "train-0.tar"),
    );
    const { sample, jpg, refs } = await shards.read(2);
    assertEquals(sample.caption, "scene 0 of patches");
    assertEquals(
      sample.instances.map((one) => [...one.box_xyxy_fraction]),
      tinyBoxes,
    );
    assertEquals([...jpg.subarray(0, 2)], [0xff, 0xd8]);
    assertEquals(new TextDecoder().decode(refs[0]!.subarray(0, 4)), "RIFF");
  });
});

Deno.test("a damaged shard is named with the place of the damage", async () => {
  await withTempDir(async (dir) => {
    await writeTinyShards(dir);
    const path = join(dir, "train-0.tar");
    const bytes = await Deno.readFile(path);
    bytes[20]! ^= 0xff;
    await Deno.writeFile(path, bytes);
    await assertRejects(
      () => openShards(dir),
      Error,
      "train-0.tar: the tar header at byte 0 is damaged",
    );
  });
});

Deno.test("a folder without shards is an error with its name", async () => {
  await withTempDir(async (dir) => {
    await assertRejects(() => openShards(dir), Error, `${dir} holds no shards`);
  });
});
