/** `deno task dataset build`. */

import { parseArgs } from "../../lib/core/parse_args.ts";
import { checkOutputFolder } from "../../lib/core/check_output.ts";
import { choiceFlag, numberFlag, UsageError } from "../../lib/core/usage.ts";
import { suggestion } from "../../lib/core/known_keys.ts";
import { nextCommand } from "../../lib/core/next_command.ts";
import { quote } from "../../lib/core/quote.ts";
import { join } from "node:path";
import type { BackendName } from "../../lib/ops/open_executor.ts";
import { startProgress } from "../../lib/core/progress.ts";
import { openRanks } from "../ranks/mpi.ts";
import { buildDataset } from "./build/build.ts";
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

const text = { type: "string" } as const;
const flag = { type: "boolean", default: false } as const;

const flags = {
  coco: text,
  openimages: text,
  images: text,
  output: { type: "string", short: "o" },
  descriptions: text,
  metadata: text,
  masks: text,
  "mask-images": text,
  hierarchy: text,
  classes: text,
  "min-area": text,
  "min-side": text,
  "max-aspect": text,
  "max-overlap": text,
  "min-sharpness": text,
  "max-instances": text,
  "drop-truncated": flag,
  keep: text,
  size: text,
  "ref-size": text,
  margin: text,
  "no-cutouts": flag,
  quality: text,
  captions: { type: "string", default: "none" },
  captioner: text,
  beams: text,
  prompt: text,
  backend: text,
  reference: { type: "string", default: "same" },
  originals: { type: "string", default: "link" },
  index: { type: "string", default: "jsonl" },
  "shard-size": text,
  validation: text,
  seed: text,
  threads: text,
  strict: flag,
  json: flag,
} as const;

/** The command line of a build. */
type Flags = ReturnType<typeof parse>;

function parse(args: string[]) {
  return parseArgs({ args, options: flags }).values;
}

/** Runs a build and returns its exit code. */
export async function runBuild(args: string[]): Promise<number> {
  const values = parse(args);
  const { images, output } = values;
  if (images === undefined || output === undefined) {
    throw new UsageError("Build needs --images DIR|ZIP and -o OUT");
  }
  if ((values.coco === undefined) === (values.openimages === undefined)) {
    throw new UsageError("Build takes one of --coco and --openimages");
  }
  const picture = pictureOptions(values);
  const plan = planOptions(values);
  const threads =
    numberFlag("threads", values.threads, { min: 1, integer: true }) ??
      navigator.hardwareConcurrency;
  const captions = captionOptions(values);
  refuseUnused(values);
  await checkOutputFolder(output);
  const ranks = openRanks();
  const source = await openSource(values);
  let captioner: Captioner | undefined;
  try {
    captioner = captions && await openCaptioner(captions);
    const result = await buildDataset(source, {
      ...plan,
      out: output,
      images,
      masks: values["mask-images"],
      picture,
      captions: captions ?? (values.captions === "none" ? "none" : "file"),
      captioner,
      index: choiceFlag("index", values.index, indexFormats)!,
      threads,
      strict: values.strict,
      ranks,
      progress: (total) =>
        startProgress("dataset", { total, unit: "pictures" }),
    });
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
  } catch (error) {
    if (ranks.size > 1) {
      console.error((error as Error).message);
      ranks.abort(1);
    }
    throw error;
  } finally {
    source.close();
    await captioner?.close();
    ranks.close();
  }
}

function print(
  report: DatasetReport | undefined,
  { json, output = "" }: Flags,
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

async function openSource(values: Flags): Promise<PictureSource> {
  const { coco, openimages, descriptions, captions } = values;
  if (coco !== undefined) {
    const none = captions === "none" || captions === "blip";
    const source = await openCoco(coco, {
      captions: none ? undefined : captions,
    });
    for (const name of classList(values) ?? []) {
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
  if ((values.masks === undefined) !== (values["mask-images"] === undefined)) {
    throw new UsageError("Options --masks and --mask-images go together");
  }
  return await openOpenImages(openimages!, {
    classes: descriptions,
    metadata: values.metadata,
    masks: values.masks,
    hierarchy: values.hierarchy,
    only: classList(values),
  });
}

const openImagesOnly = [
  "descriptions",
  "metadata",
  "masks",
  "mask-images",
  "hierarchy",
] as const;

/** Options that nothing would read are mistakes. */
function refuseUnused(values: Flags): void {
  if (values.coco !== undefined) {
    for (const name of openImagesOnly) {
      if (values[name] === undefined) continue;
      throw new UsageError(`Option --${name} is for --openimages only`);
    }
  }
  if (values.captions === "blip") return;
  for (const name of ["captioner", "beams", "prompt", "backend"] as const) {
    if (values[name] === undefined) continue;
    throw new UsageError(`Option --${name} needs --captions blip`);
  }
}

function classList({ classes }: Flags): string[] | undefined {
  return classes?.split(",").map((name) => name.trim());
}

function pictureOptions(values: Flags): PictureOptions {
  const number = (
    name: keyof Flags & keyof typeof flags,
    limits: Parameters<typeof numberFlag>[2],
  ) => numberFlag(name, values[name] as string | undefined, limits);
  const given = {
    size: number("size", { min: 16, max: 4096, integer: true }),
    quality: number("quality", { min: 1, max: 100, integer: true }),
    refSize: number("ref-size", { min: 16, max: 4096, integer: true }),
    margin: number("margin", { min: 0, max: 10 }),
    keep: number("keep", { min: 0, max: 1 }),
    minArea: number("min-area", { min: 0, max: 1 }),
    minSide: number("min-side", { min: 0 }),
    maxAspect: number("max-aspect", { min: 1 }),
    maxOverlap: number("max-overlap", { min: 0, max: 1 }),
    minSharpness: number("min-sharpness", { min: 0 }),
    maxInstances: number("max-instances", { min: 1, integer: true }),
    cutouts: !values["no-cutouts"],
    reference: choiceFlag("reference", values.reference, referenceSources)!,
    originals: choiceFlag("originals", values.originals, originalForms)!,
    dropTruncated: values["drop-truncated"],
    // OpenImages' classes are chosen when its files are read, children and all
    classes: values.coco === undefined ? undefined : classList(values),
  };
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...pictureDefaults, ...Object.fromEntries(set) };
}

function planOptions(values: Flags) {
  const { validation, seed } = values;
  const size = values["shard-size"];
  return {
    shardSize: numberFlag("shard-size", size, { min: 1, integer: true }) ?? 500,
    validation: numberFlag("validation", validation, { min: 0, max: 1 }) ?? 0,
    seed: numberFlag("seed", seed, { integer: true }) ?? 0,
  };
}

function captionOptions(values: Flags): CaptionerOptions | undefined {
  if (values.captions !== "blip") return undefined;
  return {
    ...captionerDefaults,
    model: values.captioner ?? captionerDefaults.model,
    prompt: values.prompt ?? captionerDefaults.prompt,
    backend: (values.backend ?? captionerDefaults.backend) as BackendName,
    beams: numberFlag("beams", values.beams, { min: 1, integer: true }) ??
      captionerDefaults.beams,
  };
}
