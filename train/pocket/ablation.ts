import { join } from "node:path";
import { parseArgs } from "node:util";
import { numberFlag } from "../../cli/usage.ts";
import { loadSimilarityEncoder } from "../../eval/image_similarity.ts";
import { loadPocketDetector } from "../../eval/pocket_detector.ts";
import { planesFromRaster, type Raster } from "../../lib/images/raster.ts";
import { openExecutor } from "../../lib/ops/open_executor.ts";
import { generate } from "../../lib/pipeline/generate.ts";
import type { LayoutOptions } from "../../lib/pipeline/generate_options.ts";
import { LocRef } from "../../lib/pipeline/locref.ts";
import { startProgress } from "../../lib/progress.ts";
import { type AblationScene, ablationScenes } from "./ablation_scenes.ts";
import {
  type AblationRow,
  type Rulers,
  scorePicture,
  scoreRow,
} from "./ablation_scores.ts";
import { loadPocketWorld, type PocketWorld } from "./scenes.ts";

/** One line for the list of commands. */
export const summary: string =
  "the paper's ablation in miniature, on held-out objects";

/** The command's help. */
export const help: string = `
Usage: deno task ablation [--seed N] [--scenes N] [--seeds N] [--model M] [--rulers DIR] [--steps N] [--json]

Places held-out objects by references and scores what comes out: mAP by the pocket detector, CLIP-I by
the evaluation encoder, for the rows of the paper's Table II, and for the true compositions (the
ceiling). One model is compared under its switches, all of which it was trained with; nothing is
trained here.

  --seed N      seed of the scenes (default 1)
  --scenes N    number of scenes (default 200)
  --seeds N     noise seeds for each scene (default 3)
  --model M     the model (default pocket)
  --rulers DIR  folder with detector and evaluation_encoder (default the model's own)
  --steps N     steps of DDIM (default 20)
  --json        {ceiling, rows: [{name, map, map50, clip_i, ci95, …}]}
`;

/** A row of the ablation: which switches are on. */
interface Row {
  readonly name: string;
  readonly layout: LayoutOptions;
}

const rows: readonly Row[] = [
  { name: "CI only", layout: { grg: false, iaf: false, is: false } },
  { name: "+GRG", layout: { grg: true, iaf: false, is: false } },
  { name: "+IAF", layout: { grg: true, iaf: true, is: false } },
  { name: "+IS", layout: { grg: true, iaf: true, is: true } },
  { name: "no references", layout: { lambdaCi: 0, lambdaRi: 0, is: true } },
];

/** Runs the command and answers its exit code. */
export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      seed: { type: "string" },
      scenes: { type: "string" },
      seeds: { type: "string" },
      steps: { type: "string" },
      model: { type: "string", default: "pocket" },
      rulers: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const whole = { min: 1, integer: true };
  const world = await loadPocketWorld();
  const scenes = await ablationScenes(world, {
    seed: numberFlag("seed", values.seed, { min: 0, integer: true }) ?? 1,
    scenes: numberFlag("scenes", values.scenes, whole) ?? 200,
  });
  await using model = await LocRef.load(values.model);
  const rulers = await loadRulers(values.rulers ?? model.parts.base.folder);
  const results = await runAblation({ world, scenes, model, rulers }, {
    seeds: numberFlag("seeds", values.seeds, whole) ?? 3,
    steps: numberFlag("steps", values.steps, whole) ?? 20,
  });
  if (values.json) console.log(JSON.stringify(results));
  else print(results);
  return 0;
}

async function loadRulers(folder: string): Promise<Rulers> {
  const { executor } = await openExecutor("auto");
  return {
    detector: await loadPocketDetector(join(folder, "detector"), executor),
    encoder: await loadSimilarityEncoder(
      join(folder, "evaluation_encoder"),
      executor,
    ),
  };
}

/** Scores of the true compositions and of each row. */
export interface AblationResults {
  readonly ceiling: AblationRow;
  readonly rows: readonly AblationRow[];
}

interface Ablation {
  readonly world: PocketWorld;
  readonly scenes: readonly AblationScene[];
  readonly model: LocRef;
  readonly rulers: Rulers;
}

/** Runs every row on every scene with every noise seed. */
async function runAblation(
  ablation: Ablation,
  options: { seeds: number; steps: number },
): Promise<AblationResults> {
  const { world, scenes, rulers } = ablation;
  const { classes } = rulers.detector;
  const ceiling = await Promise.all(
    scenes.map(({ truth }) => scorePicture(truth, truth.picture, rulers)),
  );
  const total = rows.length * scenes.length * options.seeds;
  const progress = startProgress("ablation", { total });
  const results: AblationRow[] = [];
  let done = 0;
  for (const row of rows) {
    const scores = [];
    for (const scene of scenes) {
      for (let seed = 0; seed < options.seeds; seed++) {
        const picture = await draw(ablation.model, scene, {
          row,
          seed,
          steps: options.steps,
        });
        scores.push(await scorePicture(scene.truth, picture, rulers));
        progress.update(++done);
      }
    }
    results.push(scoreRow(row.name, scores, { world, classes }));
  }
  progress.end();
  return {
    ceiling: scoreRow("true compositions", ceiling, { world, classes }),
    rows: results,
  };
}

async function draw(
  model: LocRef,
  scene: AblationScene,
  options: { row: Row; seed: number; steps: number },
): Promise<Float32Array> {
  const { row: { layout }, seed, steps } = options;
  const data = layout.is ? scene.cutOut : scene.withBackground;
  const picture: Raster = await generate(data, { model, seed, steps, layout });
  return planesFromRaster(picture);
}

function print({ ceiling, rows }: AblationResults): void {
  console.log(
    "                     mAP    mAP@50 (95 %)           any class  CLIP-I (95 %)",
  );
  for (const row of [...rows, ceiling]) {
    const interval = (name: "map50" | "clip_i") =>
      `${row[name].toFixed(3)} (${
        row.ci95[name].map((end) => end.toFixed(3)).join("–")
      })`;
    console.log(
      `${row.name.padEnd(20)} ${row.map.toFixed(3)}  ${interval("map50")}  ${
        row.map50Agnostic.toFixed(3)
      }      ${interval("clip_i")}`,
    );
  }
}
