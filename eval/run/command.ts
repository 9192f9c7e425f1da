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
import { loadModel } from "../../lib/pipeline/load/load_model.ts";
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
    `of ${
      ownColumns.map(({ id }) => id).join(", ")
    }, with commas between; "" for none of them. is: the whole model; ci, grg, iaf: it under the switches of the paper's Table II`,
    { otherwise: "all" },
  ),
  pictures: repeated(text(
    "NAME=DIR",
    "pictures that something else made of these scenes, DIR/KEY.png, as column NAME",
  )),
  steps: stepsOption,
  guidance: guidanceOption,
  sampler: { ...samplerOption, otherwise: "ddim" },
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
    in the order of their scores, and each finds one box at most, as COCO does.`,
  async main(given) {
    const columns = chooseColumns({
      model: labelOf(given),
      ids: given.columns,
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
  const { output: out, json } = given;
  const [adapter] = given.adapter ?? [];
  const { backend, steps, guidance, sampler = "ddim", seed } = given;
  await using model = await loadModel(given.model, {
    ...{ ...partsOf(given), backend },
  });
  if (ranks.rank === 0) warningPrinter()(model.warnings);
  const detector = await openDetector(given.detector, { backend });
  const encoder = await openPictureEncoder(given.encoder, { backend });
  const models = { model, detector, encoder };
  const begun = await describeRun(given, models);
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
  const settings = { steps, guidance, sampler, seed };
  const workshop = { ...models, out, settings };
  if (await makePictures(source, columns, { workshop, ranks })) {
    if (ranks.rank === 0) {
      console.error("Stopped. To go on give the same command again");
    }
    return 130;
  }
  if (ranks.rank !== 0) return 0;
  const { classes } = detector;
  const scored = await writeResults(source, columns, {
    ...{ out, run: described, classes },
  });
  console.log(json ? JSON.stringify(scored) : textTable(scored, out));
  if (!json && adapter !== undefined) {
    console.error(
      nextCommand("see what publishing the adapter would send", [
        ...["adapter", "publish", dirname(adapter), "ORG/REPO"],
        "--dry-run",
      ]),
    );
  }
  return 0;
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
