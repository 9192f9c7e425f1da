import { defineCommand } from "../../lib/core/command/command.ts";
import {
  needed,
  repeated,
  text,
  toggle,
  type Values,
} from "../../lib/core/command/option.ts";
import { warningPrinter } from "../../lib/core/command/print_warnings.ts";
import { samplerOption } from "../../lib/pipeline/options/sampler_option.ts";
import { checkOutputFolder } from "../../lib/core/files/check_output.ts";
import { dirname } from "node:path";
import { nextCommand } from "../../lib/core/command/next_command.ts";
import {
  backendOption,
  guidanceOption,
  modelOptions,
  partsOf,
  stepsOption,
} from "../../lib/pipeline/options/command_options.ts";
import { methodOption } from "../../lib/pipeline/options/method_flags.ts";
import { onRanks } from "../../train/ranks/on_ranks.ts";
import type { Ranks } from "../../train/ranks/ranks.ts";
import { leastScore } from "../../lib/scoring/score_picture.ts";
import { openDetector } from "../../lib/scoring/detectors/open_detector.ts";
import { openPictureEncoder } from "../../lib/scoring/encoders/open_encoder.ts";
import {
  chooseColumns,
  type Column,
  modelLabel,
  ownColumns,
} from "./columns.ts";
import { systemNames } from "./runners/runner.ts";
import { runnerOption } from "./runners/runner_option.ts";
import {
  closeColumns,
  type OpenColumns,
  openColumns,
} from "./runners/open_runners.ts";
import type { ColumnScores } from "./results.ts";
import { checkForeignPictures } from "./foreign_pictures.ts";
import { makePictures } from "./make_pictures.ts";
import { checkRun, describeRun, keepRun } from "./run_description.ts";
import { openingOptions, sceneOptions } from "./scene_options.ts";
import type { SceneSource } from "./scene_source.ts";
import { openScenes } from "./scenes.ts";
import { textTable, writeResults } from "./write_results.ts";

const options = {
  output: needed(text("DIR", "folder of the results", { short: "o" })),
  ...sceneOptions,
  ...modelOptions,
  detector: text(
    "MODEL",
    "pocket, centernet, YOLOv8 or YOLO11 as ONNX file (path or hub id)",
    { default: "pocket" },
  ),
  encoder: text(
    "MODEL",
    "pocket, or CLIP, DINO or DINOv2 in Hugging Face layout: folder or hub id",
    { default: "pocket" },
  ),
  columns: text(
    "LIST",
    `of ${ownColumns.map(({ id }) => id).join(", ")}, and of systems (${
      systemNames.join(", ")
    }, or names of --runner), with commas between; "" for none. is: the whole model; ci, grg, iaf: it under the switches of the paper's Table II`,
    { otherwise: "the model's and those of --runner" },
  ),
  runner: runnerOption,
  pictures: repeated(text(
    "NAME=DIR",
    "pictures that something else made of these scenes, DIR/KEY.png, as column NAME",
  )),
  steps: stepsOption,
  guidance: guidanceOption,
  sampler: { ...samplerOption, otherwise: "ddim" },
  method: methodOption,
  backend: backendOption,
  json: toggle("print the table as JSON"),
};

/** The command line of a run. */
type Given = Values<typeof options>;

/** `deno task eval run`. */
export const command = defineCommand({
  about:
    `Makes a picture of every scene in every column, detects and compares its objects, and writes
    results.json, results.csv and report.html. Killed or stopped, the same command goes on; with
    \`mpirun -n N\` N processes share the scenes, on machines that all see the folder of the
    results.`,
  options,
  notes:
    `IoU and success take, for each box, the detection of its class that fits best, of those with a
    score of at least ${leastScore}; one detection may serve two boxes. mAP counts every detection,
    in the order of their scores, and each finds one box at most, as COCO does.

    A column of a system takes its adapter from --runner, as in --columns locref,gligen --runner
    gligen=gligen.safetensors. Parts and model are the command's unless the runner has a model of
    its own. Systems without files need no --runner, nor does the one that the model itself has.
    Instances without a caption go by their class.`,
  async main(given) {
    const columns = chooseColumns({
      model: labelOf(given),
      ids: given.columns,
      runners: given.runner,
      others: given.pictures,
    });
    await checkOutputFolder(given.output);
    return await onRanks((ranks) => runOn(ranks, given, columns));
  },
});

async function runOn(
  ranks: Ranks,
  given: Given,
  columns: readonly Column[],
): Promise<number> {
  const { backend, steps, guidance, method: methods } = given;
  const opened = await openColumns(columns, {
    model: given.model,
    parts: { ...partsOf(given), backend },
    settings: { steps, guidance, methods },
  });
  try {
    return await runOpened(ranks, given, { columns, opened });
  } finally {
    await closeColumns(opened);
  }
}

async function runOpened(
  ranks: Ranks,
  given: Given,
  { columns, opened }: {
    readonly columns: readonly Column[];
    readonly opened: readonly OpenColumns[];
  },
): Promise<number> {
  const { output: out, backend, sampler = "ddim", seed } = given;
  if (ranks.rank === 0) {
    warningPrinter()(opened.flatMap(({ model }) => model.warnings));
  }
  const detector = await openDetector(given.detector, { backend });
  const encoder = await openPictureEncoder(given.encoder, { backend });
  const begun = await describeRun(given, { opened, detector, encoder });
  await checkRun(out, begun);
  const source = await openOnRanks(
    ranks,
    () => openScenes(given.scenes, openingOptions(given, out)),
  );
  const { version } = source;
  const described = { ...begun, ...version && { scenesVersion: version } };
  await checkRun(out, described);
  checkForeignPictures(columns, source.keys);
  await keepRun(out, described, ranks);
  for (const { model, columns, settings, runner } of opened) {
    const workshop = {
      ...{ model, detector, encoder, out },
      settings: { ...settings, sampler, seed },
    };
    const share = { workshop, ranks, label: runner?.name };
    if (await makePictures(source, columns, share)) return stopped(ranks);
    await model.dispose(); // the next one may need the memory
  }
  if (ranks.rank !== 0) return 0;
  const { classes } = detector;
  const scored = await writeResults(source, columns, {
    ...{ out, run: described, classes },
  });
  show(given, scored);
  return 0;
}

function stopped({ rank }: Ranks): number {
  if (rank === 0) {
    console.error("Stopped. To go on give the same command again");
  }
  return 130;
}

function show(
  { output: out, json, adapter }: Given,
  scored: readonly ColumnScores[],
): void {
  console.log(json ? JSON.stringify(scored) : textTable(scored, out));
  const [first] = adapter ?? [];
  if (json || first === undefined) return;
  console.error(
    nextCommand("see what publishing the adapter would send", [
      ...["adapter", "publish", dirname(first), "ORG/REPO"],
      "--dry-run",
    ]),
  );
}

/** Rank 0 first: it may have to write what the others read. */
async function openOnRanks(
  ranks: Ranks,
  open: () => Promise<SceneSource>,
): Promise<SceneSource> {
  const first = ranks.rank === 0 ? await open() : undefined;
  await ranks.barrier();
  return first ?? await open();
}

/** The model's name in tables, with those of its adapters. */
function labelOf({ model, adapter = [] }: Given): string {
  return adapter.length === 0
    ? modelLabel(model)
    : adapter.map((one) => modelLabel(model, one)).join(" + ");
}
