import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { helpText } from "../../../lib/core/command/help.ts";
import {
  datasetSources,
  defineSource,
  openDataset,
  textOption,
  wholeOption,
} from "../../../train/dataset/mod.ts";
import { buildCommand } from "../../../train/dataset/cli_build.ts";
import { buildTable } from "../../../train/dataset/cli_build_sources.ts";
import { withTempDir } from "../temp_dir.ts";
import { dataFile } from "./data.ts";

/** One box over each whole picture whose name stands on a line of the annotation file. */
datasetSources.add(defineSource({
  name: "lines",
  title: "Lines",
  summary: "names of pictures, a line each",
  value: "NAMES.txt",
  options: {
    label: textOption("WORD", "class of every picture"),
    first: wholeOption("pictures that are read", { default: 2 }),
  },
  async open(path, { options: { label = "thing", first } }) {
    const ids = (await Deno.readTextFile(path)).trim().split("\n")
      .slice(0, first);
    return {
      dataset: "lines",
      categories: [label],
      ids,
      problems: [],
      hashes: {},
      read: (i) =>
        Promise.resolve({
          id: ids[i]!,
          key: `line_${i}`,
          file: ids[i]!,
          unit: "fraction",
          licence: "",
          url: "",
          captions: [],
          problems: [],
          instances: [{
            id: "0",
            category: label,
            box: [0.1, 0.1, 0.9, 0.9],
            given: [],
          }],
        }),
      close: () => {},
    };
  },
}));

async function build(dir: string, ...args: string[]): Promise<number> {
  const names = [...Deno.readDirSync(dataFile("coco/images"))]
    .map(({ name }) => name).sort();
  const list = join(dir, "names.txt");
  await Deno.writeTextFile(list, names.slice(0, 3).join("\n"));
  return await buildCommand().run([
    ...["--lines", list, "--images", dataFile("coco/images")],
    ...["-o", join(dir, "out"), "--size", "64", "--ref-size", "32"],
    ...["--threads", "1", ...args],
  ]);
}

Deno.test("a data set is built from a source that a program added, with the source's own options", async () => {
  await withTempDir(async (dir) => {
    assertEquals(await build(dir, "--label", "tree", "--first", "3"), 0);
    const { lines } = await openDataset(join(dir, "out"));
    assertEquals(lines.map(({ key, categories }) => [key, ...categories]), [
      ["line_0", "tree"],
      ["line_1", "tree"],
      ["line_2", "tree"],
    ]);
  });
});

Deno.test("an option of a source has its default where it is not given", async () => {
  await withTempDir(async (dir) => {
    assertEquals(await build(dir), 0);
    assertEquals((await openDataset(join(dir, "out"))).lines.length, 2);
  });
});

Deno.test("help lists a source that a program added under a heading of its own", () => {
  const help = helpText("dataset build", buildCommand());
  assert(help.includes("--lines NAMES.txt --images DIR|ZIP"), help);
  assert(/Lines only:\n {2}--label WORD/.test(help), help);
  assert(help.includes("pictures that are read [2]"), help);
});

for (
  const [what, args, message] of [
    [
      "an option of another source",
      ["--descriptions", "c.csv"],
      "Option --descriptions is for --openimages only",
    ],
    [
      "a second source",
      ["--coco", "a.json"],
      "Build takes one of --coco, --openimages and --lines",
    ],
    [
      "an option that is misspelt",
      ["--lable", "tree"],
      "Unknown option '--lable', did you mean --label?",
    ],
    [
      "captions that the source does not read",
      ["--captions", "c.json"],
      "Lines takes --captions blip or none",
    ],
    [
      "a class that the source does not have",
      ["--classes", "thng"],
      'Class "thng" is not among the categories',
    ],
  ] as const
) {
  Deno.test(`a build refuses ${what}`, async () => {
    await withTempDir(async (dir) => {
      await assertRejects(() => build(dir, ...args), Error, message);
    });
  });
}

Deno.test("a source is refused whose option has the name of an option of all builds", () => {
  assertThrows(
    () => buildTable({ label: textOption("A", "a") }, {}),
    TypeError,
    'Option --label of dataset source "lines" exists already',
  );
});

Deno.test("a source without a method to open it is refused", () => {
  assertThrows(
    () =>
      datasetSources.add(
        { name: "x", title: "X", summary: "x" } as unknown as Parameters<
          typeof datasetSources.add
        >[0],
      ),
    TypeError,
    "Option open of datasetSources.add must be a function",
  );
});
