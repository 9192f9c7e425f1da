/** `deno task dataset build`. */

import { defineCommand } from "../../lib/core/command/command.ts";
import {
  choice,
  flagOf,
  needed,
  number,
  option,
  text,
  toggle,
  type Values,
  whole,
} from "../../lib/core/command/option.ts";
import { checkOutputFolder } from "../../lib/core/files/check_output.ts";
import { UsageError } from "../../lib/core/command/usage.ts";
import { suggestion } from "../../lib/core/known_keys.ts";
import { nextCommand } from "../../lib/core/command/next_command.ts";
import { quote } from "../../lib/core/quote.ts";
import { join } from "node:path";
import { backendOption } from "../../lib/pipeline/options/command_options.ts";
import { startProgress } from "../../lib/core/command/progress.ts";
import { onRanks } from "../ranks/on_ranks.ts";
import type { Ranks } from "../ranks/ranks.ts";
import { buildDataset, type BuildResult } from "./build/build.ts";
import {
  type Captioner,
  captionerDefaults,
  type CaptionerOptions,
  openCaptioner,
} from "./build/captioner.ts";
import { openCoco } from "./sources/coco.ts";
import { indexFormats } from "./read/index_file.ts";
import { openOpenImages } from "./sources/openimages.ts";
import {
  originalForms,
  pictureDefaults,
  type PictureOptions,
  referenceSources,
} from "./options.ts";
import type { DatasetReport } from "./read/dataset_report.ts";
import { nothingWritten } from "./read/report.ts";
import type { PictureSource } from "./sources/source.ts";

const side = { min: 16, max: 4096 };
const fraction = { min: 0, max: 1 };

const options = {
  coco: text("FILE", "COCO's instances.json"),
  openimages: text("FILE", "OpenImages' boxes as CSV"),
  images: needed(text("DIR|ZIP", "the pictures")),
  output: needed(text("DIR", "folder of the data set", { short: "o" })),
  descriptions: text("FILE", "class-descriptions-boxable.csv"),
  metadata: text("FILE", "image metadata with rotation"),
  masks: text("FILE", "segmentation CSV"),
  maskImages: text("DIR|ZIP", "PNG files that --masks names"),
  hierarchy: text(
    "FILE",
    "bbox_labels_600_hierarchy.json: a class stands for its children too",
  ),
  classes: option(
    {
      must: "names with commas between",
      parse: (given) => given.split(",").map((name) => name.trim()),
    },
    "only these classes",
    { value: "A,B" },
  ),
  minArea: number("least area of a box, as a fraction of the picture", {
    ...{ ...fraction, default: pictureDefaults.minArea },
  }),
  minSide: number("least side of a box in pixels", {
    ...{ min: 0, default: pictureDefaults.minSide },
  }),
  maxAspect: number("largest ratio of a box's sides", {
    ...{ min: 1, default: pictureDefaults.maxAspect },
  }),
  maxOverlap: number("largest IoU with a larger instance", {
    ...{ ...fraction, default: pictureDefaults.maxOverlap },
  }),
  minSharpness: number("least variance of the Laplacian inside the box", {
    ...{ min: 0, default: pictureDefaults.minSharpness },
  }),
  maxInstances: whole("most instances of a picture; the largest are kept", {
    ...{ min: 1, default: pictureDefaults.maxInstances },
  }),
  dropTruncated: toggle("drop instances that go on outside the picture"),
  keep: number("least part of a box that the centre crop leaves", {
    ...{ ...fraction, default: pictureDefaults.keep },
  }),
  size: whole("side of the training pictures", {
    ...{ ...side, default: pictureDefaults.size },
  }),
  refSize: whole("longest side of the references", {
    ...{ ...side, default: pictureDefaults.refSize },
  }),
  margin: number("margin around a reference, as a fraction of its box", {
    ...{ min: 0, max: 10, default: pictureDefaults.margin },
  }),
  noCutouts: toggle("write references without alpha from masks"),
  reference: choice(
    referenceSources,
    "the instance itself, or another one of its class in another picture of the split; where none will do it is the instance itself, which is counted",
    { value: "WHICH", default: pictureDefaults.reference },
  ),
  originals: choice(
    originalForms,
    "keep the pictures as they were in originals/, named by their SHA-256; hard links where the file system has them",
    { value: "HOW", default: pictureDefaults.originals },
  ),
  index: choice(indexFormats, "format of the list of samples", {
    value: "FORMAT",
    default: "jsonl",
  }),
  quality: whole("quality of JPEG and WebP", {
    ...{ min: 1, max: 100, default: pictureDefaults.quality },
  }),
  captions: text("HOW", "blip, none, or COCO's captions file", {
    default: "none",
  }),
  captioner: text("MODEL", "BLIP's folder or repository", {
    otherwise: captionerDefaults.model,
  }),
  beams: whole("beams of the captioner; 1 is greedy", {
    ...{ min: 1, otherwise: `${captionerDefaults.beams}` },
  }),
  prompt: text("TEXT", "words that each caption begins with"),
  backend: backendOption,
  shardSize: whole("pictures a shard", { min: 1, default: 500 }),
  validation: number("part of the pictures in the validation split", {
    ...{ ...fraction, default: 0 },
  }),
  seed: whole("changes which pictures those are", {
    ...{ min: -Infinity, default: 0 },
  }),
  threads: whole("worker threads", {
    ...{ min: 1, otherwise: "the number of cores" },
  }),
  strict: toggle("stop at the first problem"),
  json: toggle("print the report as JSON"),
};

/** The command line of a build. */
type Given = Values<typeof options>;

/** `deno task dataset build`. */
export const build = defineCommand({
  usage: [
    "--coco ANNOTATIONS.json --images DIR|ZIP -o DIR [OPTION…]",
    "--openimages BOXES.csv --descriptions CLASSES.csv --images DIR|ZIP -o DIR [OPTION…]",
  ],
  about: "Builds captioned training scenes from annotated pictures.",
  options,
  headings: {
    descriptions: "OpenImages only",
    classes: "Kept instances",
    size: "Written files",
  },
  notes:
    `Several machines: mpirun -n N deno task dataset build … . A build that was ended goes on where
    it was when the same command is given again.

    Exit codes: 0 done (what could not be used is in report.json); 1 failed: annotations unreadable,
    a shard or no sample at all written, --strict with a problem; 2 bad usage.`,
  main: runBuild,
});

async function runBuild(values: Given): Promise<number> {
  if ((values.coco === undefined) === (values.openimages === undefined)) {
    throw new UsageError("Build takes one of --coco and --openimages");
  }
  const picture = pictureOptions(values);
  const captions = captionOptions(values);
  refuseUnused(values);
  await checkOutputFolder(values.output);
  return await onRanks((ranks) =>
    buildOnRanks(values, { picture, captions, ranks })
  );
}

async function buildOnRanks(
  values: Given,
  { picture, captions, ranks }: {
    picture: PictureOptions;
    captions: ReturnType<typeof captionOptions>;
    ranks: Ranks;
  },
): Promise<number> {
  const { images, output, threads = navigator.hardwareConcurrency } = values;
  const { shardSize, validation, seed, index, strict } = values;
  const source = await openSource(values);
  let captioner: Captioner | undefined;
  try {
    captioner = captions && await openCaptioner(captions);
    const result = await buildDataset(source, {
      ...{ shardSize, validation, seed, index, threads, strict },
      out: output,
      images,
      masks: values.maskImages,
      picture,
      captions: captions ?? (values.captions === "none" ? "none" : "file"),
      captioner,
      ranks,
      progress: (total) =>
        startProgress("dataset", { total, unit: "pictures" }),
    });
    return report(result, values, ranks);
  } finally {
    source.close();
    await captioner?.close();
  }
}

/** Prints how a build ended and returns the exit code. */
function report(result: BuildResult, values: Given, ranks: Ranks): number {
  for (const { where, what } of result.failed) {
    console.error(`${where} was not written: ${what}`);
  }
  if (ranks.rank === 0) print(result.report, values);
  const incomplete = ranks.rank === 0 && result.report === undefined;
  const nothing = result.report && nothingWritten(result.report);
  if (nothing !== undefined && result.failed.length === 0) {
    console.error(nothing);
  }
  const failed = result.failed.length > 0 || nothing !== undefined;
  return failed || incomplete ? 1 : 0;
}

function print(
  report: DatasetReport | undefined,
  { json, output }: Given,
): void {
  if (report === undefined) {
    console.error("Some shards are missing: give the same command again");
  } else if (json) console.log(JSON.stringify(report));
  else {
    const { pictures, samples, instances, problems } = report;
    console.log(
      `${pictures} pictures read, ${samples} samples with ${instances} instances written, ${problems.length} problems`,
    );
    for (const { where, what } of problems.slice(0, 20)) {
      console.error(`${where}: ${what}`);
    }
    if (problems.length > 20) {
      console.error(`… ${problems.length - 20} more are in report.json`);
    }
    if (samples === 0) return;
    console.error(`Look at ${join(output, "report.html")}`);
    const what = `with ${output} as data.shards of a config`;
    console.error(nextCommand(what, ["train", "CONFIG.json"]));
  }
}

async function openSource(values: Given): Promise<PictureSource> {
  const { coco, openimages, descriptions, captions } = values;
  if (coco !== undefined) {
    const none = captions === "none" || captions === "blip";
    const source = await openCoco(coco, {
      captions: none ? undefined : captions,
    });
    for (const name of values.classes ?? []) {
      if (source.categories.includes(name)) continue;
      source.close();
      throw new UsageError(
        `Class ${quote(name)} is not among the categories of ${coco}${
          suggestion(name, source.categories)
        }`,
      );
    }
    return source;
  }
  if (descriptions === undefined) {
    throw new UsageError("OpenImages needs --descriptions CLASSES.csv");
  }
  if (captions !== "none" && captions !== "blip") {
    throw new UsageError("OpenImages takes --captions blip or none");
  }
  if ((values.masks === undefined) !== (values.maskImages === undefined)) {
    throw new UsageError("Options --masks and --mask-images go together");
  }
  return await openOpenImages(openimages!, {
    classes: descriptions,
    metadata: values.metadata,
    masks: values.masks,
    hierarchy: values.hierarchy,
    only: values.classes,
  });
}

const openImagesOnly = [
  "descriptions",
  "metadata",
  "masks",
  "maskImages",
  "hierarchy",
] as const;

/** Options that nothing would read are mistakes. */
function refuseUnused(values: Given): void {
  if (values.coco !== undefined) {
    for (const name of openImagesOnly) {
      if (values[name] === undefined) continue;
      throw new UsageError(`Option ${flagOf(name)} is for --openimages only`);
    }
  }
  if (values.captions === "blip") return;
  for (const name of ["captioner", "beams", "prompt", "backend"] as const) {
    if (values[name] === undefined) continue;
    throw new UsageError(`Option --${name} needs --captions blip`);
  }
}

function pictureOptions(values: Given): PictureOptions {
  const { size, quality, refSize, margin, keep, reference, originals } = values;
  const { minArea, minSide, maxAspect, maxOverlap, minSharpness } = values;
  const { maxInstances, dropTruncated, noCutouts } = values;
  return {
    ...pictureDefaults,
    ...{ size, quality, refSize, margin, keep, reference, originals },
    ...{ minArea, minSide, maxAspect, maxOverlap, minSharpness },
    ...{ maxInstances, dropTruncated, cutouts: !noCutouts },
    // OpenImages' classes are chosen when its files are read, children and all
    classes: values.coco === undefined ? undefined : values.classes,
  };
}

function captionOptions(values: Given): CaptionerOptions | undefined {
  if (values.captions !== "blip") return undefined;
  return {
    ...captionerDefaults,
    model: values.captioner ?? captionerDefaults.model,
    prompt: values.prompt ?? captionerDefaults.prompt,
    backend: values.backend ?? captionerDefaults.backend,
    beams: values.beams ?? captionerDefaults.beams,
  };
}
