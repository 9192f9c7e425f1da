import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { openDataset } from "../../../train/dataset/read/open_dataset.ts";
import { pictureDefaults } from "../../../train/dataset/options.ts";
import { withTempDir } from "../temp_dir.ts";
import { build, coco, dataFile, filesIn } from "./data.ts";

const cli = fromFileUrl(new URL("../../../cli.ts", import.meta.url));

/** Runs `dataset build` on the tests' COCO pictures, or with other arguments in their place. */
async function run(
  args: readonly string[],
): Promise<{ code: number; stdout: string; stderr: string }> {
  const given = {
    "--coco": dataFile("coco/instances.json"),
    "--images": dataFile("coco/images"),
  };
  const own = Object.entries(given).filter(([name]) => !args.includes(name));
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--quiet", "--no-check", cli, "dataset", "build"],
      ...own.flat(),
      ...["--size", "64", "--ref-size", "32", "--shard-size", "2"],
      ...args,
    ],
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test("pictures that cannot be used are named, and the exit code is 0", async () => {
  await withTempDir(async (dir) => {
    const images = join(dir, "images");
    await Deno.mkdir(join(images, "000000000030.jpg"), { recursive: true });
    for await (const { name } of Deno.readDir(dataFile("coco/images"))) {
      if (name === "000000000030.jpg") continue;
      const bytes = await Deno.readFile(dataFile(`coco/images/${name}`));
      const cut = name === "000000000092.jpg" ? 20_000 : bytes.length;
      await Deno.writeFile(join(images, name), bytes.subarray(0, cut));
    }
    const out = join(dir, "out");
    const { code, stderr } = await run(["--images", images, "-o", out]);
    assertEquals(code, 0, stderr);
    assertMatch(stderr, /000000000030\.jpg: .* cannot be read: Is a directory/);
    assertMatch(
      stderr,
      /000000000092\.jpg: The picture is damaged or cut short/,
    );
    const { lines } = await openDataset(out);
    assert(lines.length > 0 && lines.every(({ id }) => id !== "92"));
    const strict = ["--images", images, "-o", join(dir, "strict"), "--strict"];
    const failed = await run(strict);
    assertEquals(failed.code, 1);
    assertMatch(failed.stderr, /0000000000(30|92)\.jpg/);
  });
});

for (
  const [what, args, code, message] of [
    [
      "missing annotations",
      ["--coco", "none.json"],
      1,
      /none\.json.*not exist/,
    ],
    ["a missing folder", ["--images", "none"], 1, /none does not exist/],
    ["a file for a folder", ["--images", cli], 1, /neither a folder nor a ZIP/],
    ["missing captions", ["--captions", "no.json"], 1, /no\.json.*not exist/],
    ["an unknown flag", ["--sizes", "3"], 2, /--sizes/],
    ["a size of 0", ["--size", "0"], 2, /--size/],
    ["an unknown form of index", ["--index", "csv"], 2, /jsonl or parquet/],
    [
      "a class that is none",
      ["--classes", "persn"],
      2,
      /"persn" is not among .*mean "person"\?/,
    ],
    [
      "an option of OpenImages",
      ["--masks", "m.csv"],
      2,
      /--masks is for --openimages/,
    ],
    [
      "an option of a captioner",
      ["--beams", "2"],
      2,
      /--beams needs --captions blip/,
    ],
  ] as const
) {
  Deno.test(`${what} ends with exit code ${code} and one line`, async () => {
    await withTempDir(async (dir) => {
      const ended = await run([...args, "-o", join(dir, "out")]);
      assertEquals(ended.code, code, ended.stderr);
      assertMatch(ended.stderr, message);
      assertEquals(ended.stderr.trim().split("\n").length, 1, ended.stderr);
    });
  });
}

Deno.test("a member that is no JSON is told with its place", async () => {
  await withTempDir(async (dir) => {
    const path = join(dir, "bad.json");
    await Deno.writeTextFile(
      path,
      '{"images": [], "annotations": [{"id": 1 2}]}',
    );
    const { code, stderr } = await run([
      "--coco",
      path,
      "-o",
      join(dir, "out"),
    ]);
    assertEquals(code, 1);
    assertMatch(stderr, /bad\.json, in what begins at byte 31/);
  });
});

for (
  const [what, options, message] of [
    ["small boxes", ["--min-area", "1"], /dropped \(\d+ by "area"/],
    [
      "no picture",
      ["--images", "EMPTY"],
      /6 problems, the first is 0.*missing/,
    ],
  ] as [string, string[], RegExp][]
) {
  Deno.test(`a build that writes nothing ends with exit code 1 and says why: ${what}`, async () => {
    await withTempDir(async (dir) => {
      const empty = join(dir, "empty");
      await Deno.mkdir(empty);
      const args = options.map((one) => one === "EMPTY" ? empty : one);
      const ended = await run([...args, "-o", join(dir, "out")]);
      assertEquals(ended.code, 1, ended.stderr);
      assertMatch(ended.stderr, message);
    });
  });
}

Deno.test("a CSV file without a column ends with exit code 1 and the column's name", async () => {
  await withTempDir(async (dir) => {
    const boxes = join(dir, "boxes.csv");
    await Deno.writeTextFile(boxes, "ImageID,LabelName,XMin,XMax,YMin\n");
    const classes = dataFile("openimages/class-descriptions-boxable.csv");
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", "--quiet", "--no-check", cli, "dataset", "build"],
        ...["--openimages", boxes, "--descriptions", classes],
        ...["--images", dir, "-o", join(dir, "out")],
      ],
    }).output();
    assertEquals(code, 1);
    assertMatch(
      new TextDecoder().decode(stderr),
      /boxes\.csv has no column YMax/,
    );
  });
});

async function mount(folder: string, size: string): Promise<boolean> {
  const args = ["-t", "tmpfs", "-o", `size=${size}`, "none", folder];
  return await new Deno.Command("mount", { args, stderr: "null" }).output()
    .then(({ success }) => success, () => false);
}

async function canMount(): Promise<boolean> {
  const dir = await Deno.makeTempDir();
  const mounted = await mount(dir, "64k");
  if (mounted) await new Deno.Command("umount", { args: [dir] }).output();
  await Deno.remove(dir);
  return mounted;
}

Deno.test({
  name:
    "a full disk is told with the shard's name, and the build goes on where there is room",
  ignore: Deno.build.os !== "linux" || !await canMount(),
  async fn() {
    await withTempDir(async (dir) => {
      const disk = join(dir, "disk"), out = join(disk, "out");
      await Deno.mkdir(disk);
      assert(await mount(disk, "40k"));
      try {
        const args = ["-o", out, "--originals", "none"];
        const full = await run(args);
        assertEquals(full.code, 1);
        assertMatch(
          full.stderr,
          /train-00000\d\.tar was not written: No space/,
        );
        const names = Object.keys(await filesIn(out));
        assertEquals(names.filter((name) => name.endsWith(".part")), []);
        const larger = ["-o", "remount,size=8m", disk];
        await new Deno.Command("mount", { args: larger }).output();
        assertEquals((await run(args)).code, 0);
        const whole = join(dir, "whole");
        const picture = {
          ...pictureDefaults,
          size: 64,
          refSize: 32,
          originals: "none",
        } as const;
        await build(await coco(), whole, { picture });
        assertEquals(await filesIn(out), await filesIn(whole));
      } finally {
        await new Deno.Command("umount", { args: [disk] }).output();
      }
    });
  },
});
