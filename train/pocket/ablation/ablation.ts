import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "../../../lib/core/parse_args.ts";
import { numberFlag } from "../../../lib/core/usage.ts";
import { loadSimilarityEncoder } from "../../../lib/scoring/encoders/image_similarity.ts";
import { loadPocketDetector } from "../../../lib/scoring/detectors/pocket_detector.ts";
import { planesFromRaster, type Raster } from "../../../lib/images/raster.ts";
import { openExecutor } from "../../../lib/ops/open_executor.ts";
import { generate } from "../../../lib/pipeline/generate.ts";
import type { LayoutOptions } from "../../../lib/pipeline/options/generate_options.ts";
import { LocRef } from "../../../lib/pipeline/locref.ts";
import { startProgress } from "../../../lib/core/progress.ts";
import { type AblationScene, ablationScenes } from "./ablation_scenes.ts";
import {
  type AblationResults,
  ablationTable,
  compared,
  writeAblation,
} from "./ablation_report.ts";
import { mapAtOnce } from "../../ranks/map_at_once.ts";
import {
  type AblationRow,
  type PictureScore,
  type Rulers,
  scorePicture,
  scoreRow,
} from "./ablation_scores.ts";
import { loadPocketWorld, type PocketWorld } from "../world/scenes.ts";

/** The command's help. */
export const help: string = `
Usage: deno task ablation [--seed N] [--scenes N] [--seeds N] [--model M] [--rulers DIR] [--steps N] [--out DIR] [--json]

Places held-out objects by references and scores what comes out: mAP by the pocket detector, CLIP-I by
the evaluation encoder, for the rows of the paper's Table II, and for the true compositions (the
ceiling). One model is compared under its switches, all of which it was trained with; nothing is
trained here.

  --seed N      seed of the scenes (default 1)
  --scenes N    number of scenes (default 200)
  --seeds N     noise seeds for each scene (default 3)
  --model M     the model (default pocket)
  --rulers DIR  folder with detector and evaluation_encoder (default the model's own)
  --steps N     steps of DDIM (default 10)
  --out DIR     also write results.json, table.md and plot.svg there
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
      out: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const whole = { min: 1, integer: true };
  const world = await loadPocketWorld();
  const seed = numberFlag("seed", values.seed, { min: 0, integer: true }) ?? 1;
  const scenes = await ablationScenes(world, {
    seed,
    scenes: numberFlag("scenes", values.scenes, whole) ?? 200,
  });
  const seeds = numberFlag("seeds", values.seeds, whole) ?? 3;
  const steps = numberFlag("steps", values.steps, whole) ?? 10;
  // One thread each, several pictures at once: tiny operations gain little from more threads.
  await using model = await LocRef.load(values.model, { threads: 1 });
  const rulers = await loadRulers(values.rulers ?? model.parts.base.folder);
  const scored = await runAblation({ world, scenes, model, rulers }, {
    seeds,
    steps,
  });
  const results: AblationResults = {
    compared,
    model: values.model,
    seed,
    scenes: scenes.length,
    seeds,
    steps,
    ...scored,
  };
  if (values.out !== undefined) await writeAblation(values.out, results);
  console.log(values.json ? JSON.stringify(results) : ablationTable(results));
  return 0;
}

/** The detector and the encoder in `folder`. */
export async function loadRulers(folder: string): Promise<Rulers> {
  const { executor } = await openExecutor("auto");
  return {
    detector: await loadPocketDetector(join(folder, "detector"), executor),
    encoder: await loadSimilarityEncoder(
      join(folder, "evaluation_encoder"),
      executor,
    ),
  };
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
): Promise<Pick<AblationResults, "ceiling" | "rows">> {
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
    const scores: PictureScore[][] = [];
    for (let seed = 0; seed < options.seeds; seed++) {
      scores.push(
        await mapAtOnce(scenes, async (scene) => {
          const picture = await draw(ablation.model, scene, {
            row,
            seed,
            steps: options.steps,
          });
          const score = await scorePicture(scene.truth, picture, rulers);
          progress.update(++done);
          return score;
        }, { lanes: availableParallelism() }),
      );
    }
    results.push(scoreRow(row.name, scores, { world, classes }));
  }
  progress.end();
  return {
    ceiling: scoreRow("true compositions", [ceiling], { world, classes }),
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
