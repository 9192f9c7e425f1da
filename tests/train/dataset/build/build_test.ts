import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import sharp from "sharp";
import { openDataset } from "../../../../train/dataset/read/open_dataset.ts";
import { openOpenImages } from "../../../../train/dataset/sources/openimages.ts";
import { verifyDataset } from "../../../../train/dataset/read/verify.ts";
import { openShards } from "../../../../train/dataset/read/shards.ts";
import { withTempDir } from "../../temp_dir.ts";
import { build, coco, cocoOf, dataFile, filesIn } from "../data.ts";

Deno.test("boxes, masks and classes of a built COCO set are those of the annotations", async () => {
  await withTempDir(async (dir) => {
    await build(await coco(), dir);
    const { annotations, categories } = JSON.parse(
      await Deno.readTextFile(dataFile("coco/instances.json")),
    );
    const { annotations: masks } = JSON.parse(
      await Deno.readTextFile(dataFile("coco/pycocotools.json")),
    );
    const dataset = await openDataset(dir);
    let compared = 0;
    for (let i = 0; i < dataset.lines.length; i++) {
      const { sample, refs } = await dataset.read(i);
      for (const { id, category, area, original, ref } of sample.instances) {
        // deno-lint-ignore no-explicit-any -- a record of the annotation file
        const given = annotations.find((one: any) => String(one.id) === id);
        assertEquals(original.box, given.bbox);
        assertEquals(area, given.area);
        assertEquals(original.mask!.counts, masks[id].counts);
        assertEquals(given.iscrowd, 0);
        // deno-lint-ignore no-explicit-any -- a record of the annotation file
        const named = categories.find((c: any) => c.id === given.category_id);
        assertEquals(category, named.name);
        assertEquals((await sharp(refs[ref]).metadata()).channels, 4);
        compared++;
      }
    }
    assert(compared > 10, `${compared} instances`);
  });
});

Deno.test("boxes of a built OpenImages set are those of the rows", async () => {
  await withTempDir(async (dir) => {
    const boxes = dataFile("openimages/validation-annotations-bbox.csv");
    const source = await openOpenImages(boxes, {
      classes: dataFile("openimages/class-descriptions-boxable.csv"),
      metadata: dataFile("openimages/validation-images-with-rotation.csv"),
    });
    await build(source, dir);
    const rows = (await Deno.readTextFile(boxes)).trim().split("\n").slice(1)
      .map((row) => row.split(","));
    const dataset = await openDataset(dir);
    assert(dataset.lines.length > 0);
    for (let i = 0; i < dataset.lines.length; i++) {
      const { sample } = await dataset.read(i);
      for (const { id, original } of sample.instances) {
        const [picture, row] = id.split("-");
        const given = rows.filter(([name]) => name === picture)[Number(row)]!;
        assertEquals(original.box, given.slice(4, 8).map(Number));
        assert(given[10] !== "1" && given[11] !== "1");
      }
      assert(sample.licence.includes("creativecommons.org"));
    }
  });
});

Deno.test("training reads what the builder writes", async () => {
  await withTempDir(async (dir) => {
    await build(await coco(), dir);
    const shards = await openShards(dir);
    const { sample } = await shards.read(0);
    assert(sample.instances.length > 0);
  });
});

Deno.test("the same input gives the same bytes, with any number of threads", async () => {
  await withTempDir(async (dir) => {
    await build(await coco(), join(dir, "a"), { threads: 1 });
    await build(await coco(), join(dir, "b"), { threads: 3 });
    assertEquals(await filesIn(join(dir, "a")), await filesIn(join(dir, "b")));
  });
});

Deno.test("a build that lost a shard makes that shard only, and the same bytes", async () => {
  await withTempDir(async (dir) => {
    await build(await coco(), dir);
    const whole = await filesIn(dir);
    await Deno.remove(join(dir, "train-000001.json"));
    await Deno.remove(join(dir, "dataset.json"));
    await Deno.writeTextFile(join(dir, "train-000001.tar.7.part"), "half");
    const { reused } = await build(await coco(), dir);
    assertEquals(reused, 2);
    assertEquals(await filesIn(dir), whole);
  });
});

Deno.test("other options in the same folder are refused", async () => {
  await withTempDir(async (dir) => {
    await build(await coco(), dir);
    await assertRejects(
      async () => await build(await coco(), dir, { seed: 1 }),
      Error,
      "other annotations or options",
    );
  });
});

Deno.test("verify finds a changed byte", async () => {
  await withTempDir(async (dir) => {
    await build(await coco(), dir);
    assertEquals((await verifyDataset(dir)).problems, []);
    const path = join(dir, "train-000000.tar");
    const bytes = await Deno.readFile(path);
    bytes[2000]! ^= 1;
    await Deno.writeFile(path, bytes);
    const { problems } = await verifyDataset(dir);
    assertEquals(problems.length, 2);
    assertEquals(problems[0]!.where, "train-000000.tar");
  });
});

Deno.test("unusable input is reported by name, and the rest is built", async () => {
  await withTempDir(async (dir) => {
    const images = join(dir, "images");
    await Deno.mkdir(images);
    const noise = { type: "gaussian", mean: 128, sigma: 30 } as const;
    const good = await sharp({
      create: { width: 80, height: 60, channels: 3, background: "#888", noise },
    }).jpeg().toBuffer();
    await Deno.writeFile(join(images, "good.jpg"), good);
    await Deno.writeFile(join(images, "cut.jpg"), good.subarray(0, 900));
    const bomb = await sharp({
      create: {
        width: 12_000,
        height: 12_000,
        channels: 3,
        background: "#fff",
      },
    }).png().toBuffer();
    await Deno.writeFile(join(images, "bomb.png"), bomb);
    const names = ["good.jpg", "cut.jpg", "bomb.png", "none.jpg", "../up.jpg"];
    const box = [10, 10, 40, 40];
    const content = {
      images: names.map((file_name, id) => ({
        id,
        file_name,
        width: 80,
        height: 60,
      })),
      annotations: [
        ...names.map((_, image_id) => ({
          id: 10 + image_id,
          image_id,
          category_id: 1,
          bbox: box,
        })),
        { id: 1, image_id: 0, category_id: 1, bbox: [60, 30, 50, 40] },
        {
          id: 2,
          image_id: 0,
          category_id: 1,
          bbox: box,
          segmentation: [[10, 10, 30, 30]],
        },
        { id: 3, image_id: 0, category_id: 1, bbox: [1, 2, 3] },
        { id: 4, image_id: 99, category_id: 1, bbox: box },
      ],
      categories: [{ id: 1, name: "thing" }],
    };
    const out = join(dir, "out");
    const { report } = await build(await cocoOf(dir, content), out, { images });
    const told = report!.problems.map(({ where, what }) => `${where}: ${what}`)
      .join("\n");
    for (
      const part of [
        "missing picture 99",
        "cut.jpg: ",
        "bomb.png: ",
        "none.jpg is missing",
        "../up.jpg leads out",
        "good.jpg, annotation 1: The box [60, 30, 50, 40] leaves the picture",
        "A polygon has 2 points",
        "annotation 3: bbox must be four numbers",
      ]
    ) assert(told.includes(part), `${part} is not in\n${told}`);
    assertEquals(report!.samples, 1);
    await assertRejects(async () =>
      await build(await cocoOf(dir, content), join(dir, "strict"), {
        images,
        strict: true,
      })
    );
  });
});

Deno.test("ids above 2^53 survive", async () => {
  await withTempDir(async (dir) => {
    const text = await Deno.readTextFile(dataFile("coco/instances.json"));
    const long = text.replaceAll(
      /"(id|image_id)": 30([,}])/g,
      '"$1": 9007199254740993$2',
    );
    await build(await cocoOf(dir, long), join(dir, "out"));
    const { lines } = await openDataset(join(dir, "out"));
    assert(lines.some(({ id }) => id === "9007199254740993"));
  });
});

Deno.test("a CSV file without a needed column is refused with the column's name", async () => {
  await withTempDir(async (dir) => {
    const path = join(dir, "boxes.csv");
    await Deno.writeTextFile(path, "ImageID,LabelName,XMin,XMax,YMin\n");
    const classes = dataFile("openimages/class-descriptions-boxable.csv");
    await assertRejects(
      () => openOpenImages(path, { classes }),
      Error,
      "boxes.csv has no column YMax",
    );
  });
});
