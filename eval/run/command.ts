import { parseArgs } from "../../lib/core/parse_args.ts";
import { warningPrinter } from "../../lib/core/print_warnings.ts";
import {
  choiceFlag,
  guidanceLimits,
  numberFlag,
  seedLimits,
  stepsLimits,
  UsageError,
} from "../../lib/core/usage.ts";
import { type BackendName, backendNames } from "../../lib/ops/open_executor.ts";
import {
  chooseSampler,
  type SamplerName,
  samplerNames,
} from "../../lib/ddim/samplers.ts";
import { checkOutputFolder } from "../../lib/core/check_output.ts";
import { dirname } from "node:path";
import { nextCommand } from "../../lib/core/next_command.ts";
import { loadModel } from "../../lib/pipeline/load/load_model.ts";
import { openRanks } from "../../train/ranks/mpi.ts";
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
import { sceneFlags, scenesOptions } from "./scene_flags.ts";
import type { OpenScenesOptions, SceneSource } from "./scene_source.ts";
import { openScenes } from "./scenes.ts";
import type { Workshop } from "./score_scenes.ts";
import { textTable, writeResults } from "./write_results.ts";

/** The command's help. */
export const help: string = `
Usage: deno task eval run --scenes SCENES -o OUT [OPTION…]

Makes a picture of every scene in every column, detects and compares its objects, and writes
results.json, results.csv and report.html. Killed or stopped, the same command goes on; with
\`mpirun -n N\` N processes share the scenes, on machines that all see the folder OUT.

  --scenes S       pocket (held-out compositions), a data set of \`deno task dataset\`, a folder of
                   scenes (*.json), coco:ANNOTATIONS.json,IMAGES or openimages:BOXES.csv,IMAGES
  -o, --output     folder of the results
  --model M        the model: pocket, a folder or a hub id [pocket]
  --base B, --adapter A, --image-encoder E, --variant V
                   its parts, as in generate
  --detector D     pocket, centernet, YOLOv8 or YOLO11 as ONNX file (path or hub id) [pocket]
  --encoder E      pocket, or CLIP, DINO or DINOv2 in Hugging Face layout: folder or hub id [pocket]
  --columns LIST   of ${ownColumns.map(({ id }) => id).join(", ")},
                   with commas between; "" for none of them [all]. is: the whole model; ci, grg,
                   iaf: it under the switches of the paper's Table II
  --pictures N=DIR pictures that something else made of these scenes, DIR/KEY.png, as column N;
                   may be repeated
  --count N        most scenes, the first by their keys [100]
  --seed N         seed of scenes that are drawn, and of the first scene's noise [0]
  --steps N        number of steps [the model's own]
  --guidance N     guidance scale, 1 switches it off [the model's own]
  --sampler S      ${samplerNames().join(", ")} [ddim]
  --reference R    same or other: whether a reference shows the instance itself or another one of
                   its class, where scenes are built from annotations [same]
  --descriptions F class descriptions of OpenImages
  --backend B      what to run on, as in generate [auto]
  --json           print the table as JSON

IoU and success take, for each box, the detection of its class that fits best, of those with a score
of at least ${leastScore}; one detection may serve two boxes. mAP counts every detection, in the
order of their scores, and each finds one box at most, as COCO does.
`;

const text = { type: "string" } as const;

const flags = {
  ...sceneFlags,
  output: { type: "string", short: "o" },
  model: { type: "string", default: "pocket" },
  base: text,
  adapter: text,
  "image-encoder": text,
  variant: text,
  detector: { type: "string", default: "pocket" },
  encoder: { type: "string", default: "pocket" },
  columns: text,
  pictures: { type: "string", multiple: true },
  steps: text,
  guidance: text,
  sampler: text,
  backend: text,
  json: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

type Flags = ReturnType<typeof parse>;

function parse(args: string[]) {
  return parseArgs({ args, options: flags }).values;
}

/** A run's flags, checked. */
interface Run {
  readonly values: Flags & { scenes: string };
  readonly out: string;
  readonly columns: readonly Column[];
  readonly scenes: OpenScenesOptions;
  readonly settings: Workshop["settings"];
  readonly backend?: BackendName | "auto";
}

/** `deno task eval run`. */
export async function main(args: string[]): Promise<number> {
  const values = parse(args);
  if (values.help) {
    console.log(help.trim());
    return 0;
  }
  const { scenes, output: out } = values;
  if (scenes === undefined || out === undefined) {
    throw new UsageError("Both --scenes SCENES and -o OUT are needed");
  }
  const run: Run = {
    values: { ...values, scenes },
    out,
    columns: chooseColumns({
      model: modelLabel(values.model, values.adapter),
      ids: values.columns,
      others: values.pictures,
    }),
    scenes: scenesOptions(values, out),
    settings: settingsOf(values),
    backend: choiceFlag("backend", values.backend, ["auto", ...backendNames]),
  };
  await checkOutputFolder(out);
  const ranks = openRanks();
  try {
    return await runOn(ranks, run);
  } catch (error) {
    if (ranks.size > 1) {
      console.error((error as Error).message);
      ranks.abort(1);
    }
    throw error;
  } finally {
    ranks.close();
  }
}

function settingsOf(values: Flags): Workshop["settings"] {
  const { steps, guidance, sampler = "ddim", seed } = values;
  chooseSampler(sampler);
  return {
    steps: numberFlag("steps", steps, stepsLimits),
    guidance: numberFlag("guidance", guidance, guidanceLimits),
    sampler: sampler as SamplerName,
    seed: numberFlag("seed", seed, seedLimits),
  };
}

async function runOn(ranks: Ranks, run: Run): Promise<number> {
  const { values, out, columns, settings } = run;
  const { backend } = run;
  await using model = await loadModel(values.model, {
    base: values.base,
    adapter: values.adapter,
    imageEncoder: values["image-encoder"],
    variant: values.variant,
    backend,
  });
  if (ranks.rank === 0) warningPrinter()(model.warnings);
  const detector = await openDetector(values.detector, { backend });
  const encoder = await openPictureEncoder(values.encoder, { backend });
  const models = { model, detector, encoder };
  const begun = await describeRun(values, models);
  await checkRun(out, begun);
  const source = await openOnRanks(
    ranks,
    () => openScenes(values.scenes, run.scenes),
  );
  const { version } = source;
  const described = { ...begun, ...version && { scenesVersion: version } };
  await checkRun(out, described);
  checkForeignPictures(columns, source.keys);
  await keepRun(out, described, ranks);
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
  console.log(values.json ? JSON.stringify(scored) : textTable(scored, out));
  if (!values.json && values.adapter !== undefined) {
    console.error(
      nextCommand("see what publishing the adapter would send", [
        ...["adapter", "publish", dirname(values.adapter), "ORG/REPO"],
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
