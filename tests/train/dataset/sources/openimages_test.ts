import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import sharp from "sharp";
import type { BuildOptions } from "../../../../train/dataset/build/build_options.ts";
import { openDataset } from "../../../../train/dataset/read/open_dataset.ts";
import type { OpenedSample } from "../../../../train/dataset/read/read_sample.ts";
import {
  type OpenImagesOptions,
  openOpenImages,
} from "../../../../train/dataset/sources/openimages.ts";
import { pictureDefaults } from "../../../../train/dataset/options.ts";
import type { Sample } from "../../../../train/dataset/build/sample.ts";
import type { DatasetReport } from "../../../../train/dataset/read/dataset_report.ts";
import { withTempDir } from "../../temp_dir.ts";
import { build } from "../data.ts";
import { zipOf } from "../zip_file.ts";

const classes = "/m/fruit,Fruit\n/m/apple,Apple\n/m/cat,Cat\n";
const boxHeader =
  "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside";
const maskHeader =
  "MaskPath,ImageID,LabelName,BoxID,BoxXMin,BoxXMax,BoxYMin,BoxYMax,PredictedIoU,Clicks";

/** A grey picture of 100 × 80 with a red field of 40 × 20 whose corner is at 10, 30. */
async function redField(): Promise<Uint8Array> {
  const field = { width: 40, height: 20, channels: 3 as const };
  return await sharp({
    create: { width: 100, height: 80, channels: 3, background: "#808080" },
  }).composite([{
    input: { create: { ...field, background: "#f00" } },
    left: 10,
    top: 30,
  }]).jpeg({ quality: 95, chromaSubsampling: "4:4:4" }).toBuffer();
}

/** White inside the left half of the red field, at half the picture's size. */
async function halfMask(): Promise<Uint8Array> {
  const field = { width: 10, height: 10, channels: 3 as const };
  return await sharp({
    create: { width: 50, height: 40, channels: 3, background: "#000" },
  }).composite([{
    input: { create: { ...field, background: "#fff" } },
    left: 5,
    top: 15,
  }]).toColourspace("b-w").png().toBuffer();
}

const redBox = "0.1,0.5,0.375,0.625"; // XMin, XMax, YMin, YMax

/** A row of the box file for picture `p`. */
function row(label: string, flags = "0,0,0,0,0", box = redBox): string {
  return `p,x,${label},1,${box},${flags}`;
}

interface Given {
  readonly rows: readonly string[];
  readonly metadata?: string;
  readonly masks?: string;
  readonly hierarchy?: unknown;
  readonly only?: readonly string[];
  readonly options?: Partial<BuildOptions>;
}

/** Builds the picture `p` with the given rows. */
async function buildRows(
  dir: string,
  given: Given,
): Promise<{ report: DatasetReport; samples: OpenedSample<Sample>[] }> {
  const write = async (name: string, text: string | undefined) => {
    if (text === undefined) return;
    await Deno.writeTextFile(join(dir, name), text);
    return join(dir, name);
  };
  const boxes = await write(
    "boxes.csv",
    [boxHeader, ...given.rows].join("\n") + "\n",
  );
  const { hierarchy } = given;
  const options: OpenImagesOptions = {
    classes: (await write("classes.csv", classes))!,
    metadata: await write("metadata.csv", given.metadata),
    masks: await write("masks.csv", given.masks),
    hierarchy: await write(
      "hierarchy.json",
      hierarchy === undefined ? undefined : JSON.stringify(hierarchy),
    ),
    only: given.only,
  };
  await Deno.mkdir(join(dir, "images"), { recursive: true });
  await Deno.writeFile(join(dir, "images/p.jpg"), await redField());
  const out = join(dir, "out");
  const { report } = await build(await openOpenImages(boxes!, options), out, {
    images: join(dir, "images"),
    picture: { ...pictureDefaults, size: 64, refSize: 64, minSide: 4 },
    ...given.options,
  });
  const dataset = await openDataset(out);
  const samples = await Promise.all(
    dataset.lines.map((_, i) => dataset.read(i)),
  );
  return { report: report!, samples };
}

/** Red, green and blue in the middle of a picture. */
async function middleOf(bytes: Uint8Array): Promise<number[]> {
  const { data, info } = await sharp(bytes).removeAlpha().raw()
    .toBuffer({ resolveWithObject: true });
  const at = 3 * ((info.height >> 1) * info.width + (info.width >> 1));
  return [...data.subarray(at, at + 3)];
}

function assertRed([r, g, b]: readonly number[]): void {
  assert(r! > 200 && g! < 60 && b! < 60, `${r}, ${g}, ${b} is not red`);
}

for (
  const [rotation, size, crop] of [
    [0, [100, 80], [10, 30, 50, 50]],
    [90, [80, 100], [30, 50, 50, 90]],
    [180, [100, 80], [50, 30, 90, 50]],
    [270, [80, 100], [30, 10, 50, 50]],
  ] as const
) {
  Deno.test(`a picture is turned by ${rotation} degrees with its box and its mask`, async () => {
    await withTempDir(async (dir) => {
      await Deno.writeFile(join(dir, "mask.png"), await halfMask());
      const { samples } = await buildRows(dir, {
        rows: [row("/m/cat")],
        metadata:
          `ImageID,OriginalLandingURL,License,Rotation\np,https://example.org/p,CC,${rotation}.0\n`,
        masks: `${maskHeader}\nmask.png,p,/m/cat,b,0.1,0.5,0.375,0.625,1,\n`,
        options: {
          masks: dir,
          picture: {
            ...pictureDefaults,
            size: 80,
            refSize: 64,
            minSide: 4,
            keep: 0,
          },
        },
      });
      const { sample, refs } = samples[0]!;
      assertEquals([sample.source.width, sample.source.height], [...size]);
      assertEquals(sample.source.rotation, rotation);
      const [left, top, side] = sample.source.crop;
      const [{ box_xyxy_fraction: box, area }] = sample.instances as [
        typeof sample.instances[0],
      ];
      const clip = (v: number) => Math.min(1, Math.max(0, v));
      const expected = crop.map((v, i) =>
        clip((v - (i % 2 === 0 ? left : top)) / side)
      );
      box.forEach((v, i) =>
        assert(Math.abs(v - expected[i]!) < 2e-6, `${box}`)
      );
      assertRed(await middleOf(refs[0]!));
      assertEquals(area, 400); // half of 40 × 20
      // the mask's half is the left one before the turn
      const { data, info } = await sharp(refs[0]).extractChannel(3).raw()
        .toBuffer({ resolveWithObject: true });
      const at = (x: number, y: number) =>
        data[
          Math.floor(y * info.height) * info.width +
          Math.floor(x * info.width)
        ];
      const [inside, outside] = {
        0: [[0.25, 0.5], [0.75, 0.5]],
        90: [[0.5, 0.75], [0.5, 0.25]],
        180: [[0.75, 0.5], [0.25, 0.5]],
        270: [[0.5, 0.25], [0.5, 0.75]],
      }[rotation] as [[number, number], [number, number]];
      assertEquals([at(...inside), at(...outside)], [255, 0]);
    });
  });
}

Deno.test("pictures and masks are read from ZIP archives", async () => {
  await withTempDir(async (dir) => {
    await Deno.writeFile(
      join(dir, "pictures.zip"),
      zipOf({ "train_0/p.jpg": await redField() }),
    );
    await Deno.writeFile(
      join(dir, "masks.zip"),
      zipOf({ "masks/mask.png": await halfMask() }),
    );
    const { samples, report } = await buildRows(dir, {
      rows: [row("/m/cat")],
      masks: `${maskHeader}\nmask.png,p,/m/cat,b,0.1,0.5,0.375,0.625,1,\n`,
      options: {
        images: join(dir, "pictures.zip"),
        masks: join(dir, "masks.zip"),
      },
    });
    assertEquals(report.problems, []);
    const { sample, refs } = samples[0]!;
    assertEquals(sample.instances[0]!.cutout, true);
    assertEquals(sample.instances[0]!.area, 400);
    assertRed(await middleOf(refs[0]!));
    const original = join(dir, "out", sample.source.original!);
    assertEquals(
      await Deno.readFile(original),
      new Uint8Array(await redField()),
    );
  });
});

Deno.test("a mask that is missing is reported, and its instance kept uncut", async () => {
  await withTempDir(async (dir) => {
    const { samples, report } = await buildRows(dir, {
      rows: [row("/m/cat")],
      masks: `${maskHeader}\ngone.png,p,/m/cat,b,0.1,0.5,0.375,0.625,1,\n`,
      options: { masks: dir },
    });
    assertEquals(samples[0]!.sample.instances[0]!.cutout, false);
    assertEquals(report.problems, [{
      where: "p.jpg, annotation p-0",
      what: "The file gone.png is missing; kept without mask",
    }]);
  });
});

Deno.test("a mask belongs to the box of its class and place only", async () => {
  await withTempDir(async (dir) => {
    await Deno.writeFile(join(dir, "mask.png"), await halfMask());
    const { samples } = await buildRows(dir, {
      rows: [
        row("/m/apple"),
        row("/m/cat"),
        row("/m/cat", "0,0,0,0,0", "0,1,0,1"),
      ],
      masks:
        `${maskHeader}\nmask.png,p,/m/cat,b,0.1001,0.4999,0.375,0.625,1,\n`,
      options: { masks: dir },
    });
    const cut = samples[0]!.sample.instances.map(({ cutout }) => cutout);
    assertEquals(cut, [false, true, false]);
  });
});

Deno.test("a class stands for its children where the hierarchy is given", async () => {
  await withTempDir(async (dir) => {
    const rows = [row("/m/apple"), row("/m/cat"), row("/m/fruit")];
    const hierarchy = {
      LabelName: "/m/root",
      Subcategory: [
        { LabelName: "/m/fruit", Subcategory: [{ LabelName: "/m/apple" }] },
        { LabelName: "/m/cat" },
      ],
    };
    const categories = async (name: string, given: Partial<Given>) => {
      await Deno.mkdir(join(dir, name));
      const all = { rows, only: ["Fruit"], ...given };
      const { samples } = await buildRows(join(dir, name), all);
      return samples.flatMap(({ sample }) =>
        sample.instances.map(({ category }) => category)
      );
    };
    assertEquals(await categories("with", { hierarchy }), ["Apple", "Fruit"]);
    assertEquals(await categories("without", {}), ["Fruit"]);
  });
});

Deno.test("a class that the descriptions do not know is refused", async () => {
  await withTempDir(async (dir) => {
    await assertRejects(
      () => buildRows(dir, { rows: [row("/m/cat")], only: ["Dragon"] }),
      Error,
      'Class "Dragon" is not in classes.csv',
    );
  });
});

Deno.test("groups and depictions are dropped, what is unknown is not", async () => {
  await withTempDir(async (dir) => {
    const { report } = await buildRows(dir, {
      rows: [
        row("/m/cat", "0,0,1,0,0"),
        row("/m/cat", "0,0,0,1,0"),
        row("/m/cat", "-1,-1,-1,-1,-1"),
        row("/m/cat", ",,,,"),
        row("/m/cat", "1,0,0,0,1"),
      ],
    });
    assertEquals(report.dropped, { depiction: 1, group: 1 });
    assertEquals(report.instances, 3);
  });
});

Deno.test("truncation goes by the flag, and by the border where that is unknown", async () => {
  await withTempDir(async (dir) => {
    const border = "0,0.5,0.375,0.625";
    const { samples, report } = await buildRows(dir, {
      rows: [
        row("/m/cat", "0,1,0,0,0"),
        row("/m/apple", "0,-1,0,0,0"),
        row("/m/cat", "0,-1,0,0,0", border),
        row("/m/fruit", "0,0,0,0,0", border),
      ],
      options: {
        picture: {
          ...pictureDefaults,
          size: 64,
          refSize: 64,
          minSide: 4,
          dropTruncated: true,
        },
      },
    });
    assertEquals(report.dropped, { truncated: 2 });
    const names = samples[0]!.sample.instances.map(({ category }) => category);
    assertEquals(names, ["Apple", "Fruit"]);
  });
});

Deno.test("a row with a box that is no numbers, and one of an unknown label, are reported", async () => {
  await withTempDir(async (dir) => {
    const { report } = await buildRows(dir, {
      rows: [
        row("/m/cat"),
        row("/m/cat", "0,0,0,0,0", "0.1,,0.2,0.3"),
        row("/m/dragon"),
      ],
    });
    assertEquals(report.problems, [
      {
        where: "boxes.csv, row 3, picture p",
        what: "The box is not four numbers",
      },
      {
        where: "boxes.csv, row 4",
        what: "Label /m/dragon has no description",
      },
    ]);
    assertEquals(report.instances, 1);
  });
});
