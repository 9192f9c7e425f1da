import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import {
  readIndex,
  writeIndex,
} from "../../../../train/dataset/read/index_file.ts";
import { verifyDataset } from "../../../../train/dataset/read/verify.ts";
import { withTempDir } from "../../temp_dir.ts";
import { build, coco, filesIn } from "../data.ts";

Deno.test("a Parquet index holds what the JSON lines hold", async () => {
  await withTempDir(async (dir) => {
    await build(await coco(), join(dir, "jsonl"));
    await build(await coco(), join(dir, "parquet"), { index: "parquet" });
    const names = Object.keys(await filesIn(join(dir, "parquet")));
    assert(names.includes("index.parquet") && !names.includes("index.jsonl"));
    assertEquals(
      await readIndex(join(dir, "parquet")),
      await readIndex(join(dir, "jsonl")),
    );
    const { problems } = await verifyDataset(join(dir, "parquet"));
    assertEquals(problems, []);
  });
});

Deno.test("captions, missing ones and letters of all kinds pass through Parquet", async () => {
  await withTempDir(async (dir) => {
    const line = {
      key: "a",
      id: "9007199254740993",
      split: "train",
      shard: "train-000000.tar",
      categories: ["Äpfel", "猫"],
      files: { "a.jpg": "00ff" },
    };
    const lines = [
      { ...line, caption: "eine Katze, 猫" },
      { ...line, caption: null, original: "originals/00/00.jpg" },
    ];
    await writeIndex(dir, lines, "parquet");
    assertEquals(await readIndex(dir), lines);
  });
});

Deno.test("the index of another form is removed", async () => {
  await withTempDir(async (dir) => {
    await build(await coco(), dir, { index: "parquet" });
    await build(await coco(), dir);
    const names = Object.keys(await filesIn(dir));
    assert(names.includes("index.jsonl") && !names.includes("index.parquet"));
  });
});
