import { checkOutputFolder } from "../../lib/core/check_output.ts";
import { portableName } from "../../lib/core/portable_name.ts";
import { numberFlag } from "../../lib/core/usage.ts";
import { parseArgs } from "../../lib/core/parse_args.ts";
import { loadModel } from "../../lib/pipeline/load/load_model.ts";
import { pocketScenes } from "../run/pocket_scenes.ts";
import {
  type AblationResults,
  ablationTable,
  compared,
  writeAblation,
} from "./ablation_report.ts";
import { openRulersIn, runAblation } from "./run_ablation.ts";

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

/** Runs the command and returns its exit code. */
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
  const seed = numberFlag("seed", values.seed, { min: 0, integer: true }) ?? 1;
  const count = numberFlag("scenes", values.scenes, whole) ?? 200;
  const seeds = numberFlag("seeds", values.seeds, whole) ?? 3;
  const steps = numberFlag("steps", values.steps, whole) ?? 10;
  if (values.out !== undefined) await checkOutputFolder(values.out);
  const source = await pocketScenes({ count, seed });
  // One thread each, several pictures at once: tiny operations gain little from more threads.
  await using model = await loadModel(values.model, { threads: 1 });
  const rulers = await openRulersIn(values.rulers ?? model.parts.base.folder);
  const scored = await runAblation(source, { model, rulers, seeds, steps });
  const scenes = source.keys.length;
  const results: AblationResults = {
    ...{
      compared,
      model: portableName(values.model),
      seed,
      scenes,
      seeds,
      steps,
    },
    ...scored,
  };
  if (values.out !== undefined) await writeAblation(values.out, results);
  console.log(values.json ? JSON.stringify(results) : ablationTable(results));
  return 0;
}
