import { checkOutputFolder } from "../../lib/core/files/check_output.ts";
import { portableName } from "../../lib/core/files/portable_name.ts";
import { defineCommand } from "../../lib/core/command/command.ts";
import { text, toggle, whole } from "../../lib/core/command/option.ts";
import {
  modelOptions,
  seedOption,
} from "../../lib/pipeline/options/command_options.ts";
import { loadModel } from "../../lib/pipeline/load/load_model.ts";
import { pocketScenes } from "../run/pocket_scenes.ts";
import {
  type AblationResults,
  ablationTable,
  compared,
  writeAblation,
} from "./ablation_report.ts";
import { openRulersIn, runAblation } from "./run_ablation.ts";

/** `deno task ablation`. */
export const command = defineCommand({
  about:
    `Places held-out objects by references and scores what comes out: mAP by the pocket detector,
    CLIP-I by the evaluation encoder. Rows are those of the paper's Table II, silhouettes of the
    objects, and the true compositions (the ceiling). One model is compared under its switches, all
    of which it was trained with; nothing is trained here.`,
  options: {
    seed: seedOption("seed of the scenes", { default: 1 }),
    scenes: whole("number of scenes", { min: 1, default: 200 }),
    seeds: whole("noise seeds for each scene", { min: 1, default: 3 }),
    model: modelOptions.model,
    rulers: text("DIR", "folder with detector and evaluation_encoder", {
      otherwise: "the model's own",
    }),
    steps: whole("steps of DDIM", { min: 1, max: 1000, default: 10 }),
    out: text("DIR", "also write results.json, table.md and plot.svg there"),
    json: toggle(
      "print {ceiling, rows: [{name, map, map50, clip_i, ci95, …}]}",
    ),
  },
  async main({ seed, scenes: count, seeds, model: name, steps, ...values }) {
    if (values.out !== undefined) await checkOutputFolder(values.out);
    // a folder without rulers is refused before any scene is drawn
    const named = values.rulers === undefined
      ? undefined
      : await openRulersIn(values.rulers);
    const source = await pocketScenes({ count, seed });
    // One thread each, several pictures at once: tiny operations gain little from more threads.
    await using model = await loadModel(name, { threads: 1 });
    const rulers = named ?? await openRulersIn(model.parts.base.folder);
    const scored = await runAblation(source, { model, rulers, seeds, steps });
    const scenes = source.keys.length;
    const results: AblationResults = {
      ...{ compared, model: portableName(name), seed, scenes, seeds, steps },
      ...scored,
    };
    if (values.out !== undefined) await writeAblation(values.out, results);
    console.log(values.json ? JSON.stringify(results) : ablationTable(results));
    return 0;
  },
});
