import { join } from "node:path";
import { checkOutputFolder } from "../../lib/core/files/check_output.ts";
import { writeFileAtomically } from "../../lib/core/files/write_file.ts";
import { defineCommand } from "../../lib/core/command/command.ts";
import { text, toggle, whole } from "../../lib/core/command/option.ts";
import { startProgress } from "../../lib/core/command/progress.ts";
import { seedOption } from "../../lib/pipeline/options/command_options.ts";
import { loadModel } from "../../lib/pipeline/load/load_model.ts";
import type { LoadedModel } from "../../lib/pipeline/load/loaded_model.ts";
import { type ControlRow, controlTable } from "./control_row.ts";
import { type ControlScenes, controlScenes } from "./control_scene.ts";
import { openRulersIn } from "../ablation/run_ablation.ts";
import { sizesOption } from "../sizes_option.ts";
import { controls } from "./controls.ts";
import { makeRow, modelRows } from "./model_rows.ts";
import { openScoreRow, type ScoreRow } from "./score_row.ts";
import { vaeRoundTrip } from "./vae_round_trip.ts";

/** `deno task eval controls`. */
export const command = defineCommand({
  about:
    `Measures what rulers see, on scenes of held-out objects whose true pictures are known: the truth,
    pastes of the references, silhouettes, and, with --vae or --model, the VAE's round trip and the
    model with right, wrong and no conditions. Without these two no model is needed.`,
  options: {
    seed: seedOption("seed of the scenes", { default: 1 }),
    scenes: whole("number of scenes", { min: 2, default: 200 }),
    side: whole("side of the pictures, in pixels", { min: 32, default: 128 }),
    sizes: sizesOption("squares of --side"),
    vae: text("DIR", "model whose VAE's round trip is measured"),
    model: text("MODEL", "model to measure, such as pocket"),
    steps: whole("steps of the model", { min: 1, max: 1000, default: 10 }),
    seeds: whole("noise seeds of the model for each scene", {
      min: 1,
      default: 1,
    }),
    rulers: text(
      "DIR",
      "folder with detector and evaluation_encoder, for mAP and retrieval",
    ),
    out: text("DIR", "also write controls.json and controls.md there"),
    json: toggle("print the rows as JSON"),
  },
  async main({ seed, scenes: count, side, sizes, steps, seeds, ...values }) {
    if (values.out !== undefined) await checkOutputFolder(values.out);
    const drawn = await controlScenes({
      ...{ seed, count },
      sizes: sizes ?? [{ width: side, height: side }],
    });
    const { scenes } = drawn;
    const rulers = values.rulers === undefined
      ? undefined
      : await openRulersIn(values.rulers);
    const score = await openScoreRow(drawn, rulers);
    const rows: ControlRow[] = [];
    for (const { name, draw } of controls) {
      rows.push(await score(name, [scenes.map((_, i) => draw(scenes, i))]));
      if (name !== "truth" || values.vae === undefined) continue;
      const pictures = await vaeRoundTrip(values.vae, scenes);
      rows.push(await score("VAE of the truth", [pictures]));
    }
    if (values.model !== undefined) {
      await using model = await loadModel(values.model);
      rows.push(
        ...await modelsRows(model, scenes, { seed, steps, seeds, score }),
      );
    }
    await rulers?.encoder.dispose();
    await rulers?.detector.dispose();
    if (values.out !== undefined) {
      const json = `${
        JSON.stringify(
          { seed, count, ...(sizes ? { sizes } : { side }), seeds, rows },
          null,
          2,
        )
      }\n`;
      await writeFileAtomically(join(values.out, "controls.json"), json);
      const table = `${controlTable(rows)}\n`;
      await writeFileAtomically(join(values.out, "controls.md"), table);
    }
    console.log(values.json ? JSON.stringify({ rows }) : controlTable(rows));
    return 0;
  },
});

/** Every row of a model, with as many pictures of each scene as there are noise seeds. */
async function modelsRows(
  model: LoadedModel,
  scenes: ControlScenes["scenes"],
  { seed, steps, seeds, score }: {
    seed: number;
    steps: number;
    seeds: number;
    score: ScoreRow;
  },
): Promise<ControlRow[]> {
  const rows: ControlRow[] = [];
  const total = modelRows.length * seeds;
  const progress = startProgress("controls", { total });
  for (const [i, row] of modelRows.entries()) {
    const pictures: Float32Array[][] = [];
    for (let k = 0; k < seeds; k++) {
      const options = { model, seed: seed + k, steps };
      pictures.push(await makeRow(row, scenes, options));
      progress.update(i * seeds + k + 1);
    }
    rows.push(await score(row.name, pictures));
  }
  progress.end();
  return rows;
}
