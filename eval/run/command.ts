import { parseArgs } from "node:util";
import { numberFlag, UsageError } from "../../cli/usage.ts";
import type { BackendName } from "../../lib/ops/open_executor.ts";
import { LocRef } from "../../lib/pipeline/locref.ts";
import { startProgress } from "../../lib/progress.ts";
import { openRanks } from "../../train/mpi.ts";
import type { Ranks } from "../../train/ranks.ts";
import { listenForStop } from "../../train/stop_request.ts";
import { openDetector } from "../open_detector.ts";
import { openPictureEncoder } from "../open_encoder.ts";
import { type Column, ownColumns, truthColumn } from "./columns.ts";
import { describeRun, keepRun } from "./run_description.ts";
import { sceneFlags, scenesOptions } from "./scene_flags.ts";
import { openScenes, type SceneSource } from "./scenes.ts";
import { missingColumns, scoreScene, type Workshop } from "./score_scenes.ts";
import { textTable, writeResults } from "./write_results.ts";

/** The command's help. */
export const help: string = `
Usage: deno task eval run --scenes SCENES -o OUT [OPTION…]

Makes a picture of every scene in every column, detects and compares its objects, and writes
results.json, results.csv and report.html. Killed or stopped, the same command goes on; with
\`mpirun -n N\` scenes are shared by N processes.

  --scenes S       pocket (held-out compositions), a data set of \`deno task dataset\`, a folder of
                   scenes (*.json), coco:ANNOTATIONS.json,IMAGES or openimages:BOXES.csv,IMAGES
  -o, --output     folder of the results
  --model M        the model [pocket]
  --adapter A, --image-encoder E, --base B  its parts, as in generate
  --detector D     pocket, centernet, YOLOv8 or YOLO11 as ONNX file [pocket]
  --encoder E      pocket, or CLIP, DINO or DINOv2 in Hugging Face layout: folder or hub id [pocket]
  --columns LIST   of ${ownColumns.map(({ id }) => id).join(", ")} [all]
  --pictures N=DIR pictures that something else made of these scenes, KEY.png; may be repeated
  --count N        number of scenes [100]
  --seed N         seed of scenes and noise [0]
  --steps N        steps of DDIM [the model's own]
  --reference R    same or other: whether a reference shows the instance itself or another one of
                   its class, where scenes are built from annotations [same]
  --descriptions F class descriptions of OpenImages
  --backend B      what to run on [auto]
  --json           print the table as JSON
`;

const text = { type: "string" } as const;

const flags = {
  ...sceneFlags,
  output: { type: "string", short: "o" },
  model: { type: "string", default: "pocket" },
  adapter: text,
  "image-encoder": text,
  base: text,
  detector: { type: "string", default: "pocket" },
  encoder: { type: "string", default: "pocket" },
  columns: text,
  pictures: { type: "string", multiple: true },
  steps: text,
  backend: text,
  json: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

type Flags = ReturnType<typeof parse>;

function parse(args: string[]) {
  return parseArgs({ args, options: flags }).values;
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
  const columns = columnsOf(values);
  const options = scenesOptions(values, out);
  const ranks = openRanks();
  try {
    await using model = await LocRef.load(values.model, {
      base: values.base,
      adapter: values.adapter,
      imageEncoder: values["image-encoder"],
      backend: values.backend as BackendName | undefined,
    });
    const run = await describeRun({ ...values, scenes }, model);
    await keepRun(out, run, ranks);
    const source = await openOnRanks(ranks, () => openScenes(scenes, options));
    const detector = await openDetector(values.detector);
    const encoder = await openPictureEncoder(values.encoder);
    const steps = numberFlag("steps", values.steps, { min: 1, integer: true });
    const workshop = {
      ...{ model, detector, encoder, out, steps },
      seed: options.seed,
    };
    const stopped = await makeAll(source, columns, { workshop, ranks });
    await ranks.barrier();
    if (stopped) {
      console.error("Stopped. To go on give the same command again");
      return 130;
    }
    if (ranks.rank !== 0) return 0;
    const classes = detector.classes;
    const scored = await writeResults(source, columns, { out, run, classes });
    if (values.json) console.log(JSON.stringify(scored));
    else console.log(textTable(scored, out));
    return 0;
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

function columnsOf({ columns, pictures = [] }: Flags): Column[] {
  const wanted = columns?.split(",").map((id) => id.trim());
  const own = wanted === undefined
    ? [...ownColumns]
    : wanted.filter((id) => id !== "").map((id) => {
      const found = ownColumns.find((one) => one.id === id);
      if (found !== undefined) return found;
      throw new UsageError(
        `Option --columns takes some of ${
          ownColumns.map(({ id }) => id).join(", ")
        }, got "${id}"`,
      );
    });
  const others = pictures.map((given): Column => {
    const match = /^([\w.+-]+)=(.+)$/.exec(given);
    if (match === null) {
      throw new UsageError(`Option --pictures takes NAME=DIR, got "${given}"`);
    }
    return { id: `own-${match[1]!}`, name: match[1]!, pictures: match[2]! };
  });
  return [truthColumn, ...own, ...others];
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

/** Makes what is missing of this rank's scenes; answers whether it was stopped. */
async function makeAll(
  source: SceneSource,
  columns: readonly Column[],
  { workshop, ranks }: { workshop: Workshop; ranks: Ranks },
): Promise<boolean> {
  const mine = [...source.keys.keys()]
    .filter((i) => i % ranks.size === ranks.rank);
  const stop = listenForStop(() =>
    console.error("Stopping after this picture; once more to stop at once")
  );
  const total = mine.length * columns.length;
  const progress = startProgress("eval", { total, unit: "pictures" });
  let done = 0;
  try {
    for (const i of mine) {
      const missing = await missingColumns(
        workshop.out,
        source.keys[i]!,
        columns,
      );
      done += columns.length - missing.length;
      if (missing.length === 0) continue;
      const scene = await source.read(i);
      for (const column of missing) {
        if (stop.requested) return true;
        await scoreScene(scene, column, workshop);
        progress.update(++done, column.name);
      }
    }
    return false;
  } finally {
    progress.end();
    stop.close();
  }
}
