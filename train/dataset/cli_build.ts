/** `deno task dataset build`. */

import { counted } from "../../lib/core/counted.ts";
import { type Command, defineCommand } from "../../lib/core/command/command.ts";
import { flagOf } from "../../lib/core/command/option.ts";
import { checkOutputFolder } from "../../lib/core/files/check_output.ts";
import { UsageError } from "../../lib/core/command/usage.ts";
import { nextCommand } from "../../lib/core/command/next_command.ts";
import { join } from "node:path";
import { startProgress } from "../../lib/core/command/progress.ts";
import { onRanks } from "../ranks/on_ranks.ts";
import type { Ranks } from "../ranks/ranks.ts";
import { buildDataset, type BuildResult } from "./build/build.ts";
import { type Captioner, openCaptioner } from "./build/captioner.ts";
import {
  buildOptions,
  captionOptions,
  fileOptions,
  type Given,
  pictureOptions,
} from "./cli_build_options.ts";
import {
  buildForms,
  buildTable,
  chooseSource,
  type ChosenSource,
  openChosen,
} from "./cli_build_sources.ts";
import type { PictureOptions } from "./options.ts";
import type { DatasetReport } from "./read/dataset_report.ts";
import { nothingWritten } from "./read/report.ts";

/** `deno task dataset build`, with the sources that exist when it is called. */
export function buildCommand(): Command {
  const { options, headings } = buildTable(fileOptions, buildOptions);
  return defineCommand({
    usage: buildForms(),
    about: "Builds captioned training scenes from annotated pictures.",
    options,
    headings: {
      ...headings,
      classes: "Kept instances",
      size: "Written files",
    },
    notes:
      `Several machines: mpirun -n N deno task dataset build … . A build that was ended goes on where
      it was when the same command is given again.

      Exit codes: 0 done (what could not be used is in report.json); 1 failed: annotations unreadable,
      a shard or no sample at all written, --strict with a problem; 2 bad usage.`,
    main: (values) => runBuild(values as unknown as Given),
  });
}

async function runBuild(values: Given): Promise<number> {
  const chosen = chooseSource(values);
  const { selectsClasses = false } = chosen.kind;
  const picture = pictureOptions(values, selectsClasses);
  const captions = captionOptions(values);
  refuseUnused(values);
  await checkOutputFolder(values.output);
  return await onRanks((ranks) =>
    buildOnRanks(values, { picture, captions, ranks }, chosen)
  );
}

async function buildOnRanks(
  values: Given,
  { picture, captions, ranks }: {
    picture: PictureOptions;
    captions: ReturnType<typeof captionOptions>;
    ranks: Ranks;
  },
  chosen: ChosenSource,
): Promise<number> {
  const { images, output, threads = navigator.hardwareConcurrency } = values;
  const { shardSize, validation, seed, index, strict } = values;
  const source = await openChosen(chosen, values);
  let captioner: Captioner | undefined;
  try {
    captioner = captions && await openCaptioner(captions);
    const result = await buildDataset(source, {
      ...{ shardSize, validation, seed, index, threads, strict },
      out: output,
      images,
      masks: source.maskImages,
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
      `${counted(pictures, "picture")} read, ${
        counted(samples, "sample")
      } with ${counted(instances, "instance")} written, ${
        counted(problems.length, "problem")
      }`,
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

/** Options that nothing would read are mistakes. */
function refuseUnused(values: Given): void {
  if (values.captions === "blip") return;
  for (const name of ["captioner", "beams", "prompt", "backend"] as const) {
    if (values[name] === undefined) continue;
    throw new UsageError(`Option ${flagOf(name)} needs --captions blip`);
  }
}
