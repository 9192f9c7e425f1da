import { join } from "node:path";
import { checkOutputFolder } from "../../lib/core/files/check_output.ts";
import { writeFileAtomically } from "../../lib/core/files/write_file.ts";
import { defineCommand } from "../../lib/core/command/command.ts";
import { text, toggle, whole } from "../../lib/core/command/option.ts";
import { startProgress } from "../../lib/core/command/progress.ts";
import { seedOption } from "../../lib/pipeline/options/command_options.ts";
import { loadModel } from "../../lib/pipeline/load/load_model.ts";
import { type ControlRow, controlRow, controlTable } from "./control_row.ts";
import { controlScenes } from "./control_scene.ts";
import { scorePicture } from "./control_scores.ts";
import { openRulersIn } from "../ablation/run_ablation.ts";
import { controls } from "./controls.ts";
import { detectedPrecisions } from "./detections.ts";
import { makeRow, modelRows } from "./model_rows.ts";
import { openRetrieval } from "./retrieval.ts";
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
    vae: text("DIR", "model whose VAE's round trip is measured"),
    model: text("MODEL", "model to measure, such as pocket"),
    steps: whole("steps of the model", { min: 1, max: 1000, default: 10 }),
    rulers: text(
      "DIR",
      "folder with detector and evaluation_encoder, for mAP and retrieval",
    ),
    out: text("DIR", "also write controls.json and controls.md there"),
    json: toggle("print the rows as JSON"),
  },
  async main({ seed, scenes: count, side, steps, ...values }) {
    if (values.out !== undefined) await checkOutputFolder(values.out);
    const size = { width: side, height: side };
    const { world, scenes } = await controlScenes({ seed, count, size });
    const rulers = values.rulers === undefined
      ? undefined
      : await openRulersIn(values.rulers);
    const search = rulers && await openRetrieval(rulers.encoder, world);
    const rows: ControlRow[] = [];
    const add = async (name: string, pictures: readonly Float32Array[]) => {
      const scores = [];
      for (const [i, picture] of pictures.entries()) {
        const found = await search?.search(picture, scenes[i]!);
        const own = scorePicture(picture, scenes[i]!);
        const objects = own.objects
          .map((one, k) => ({ ...one, found: found?.[k] }));
        scores.push({ ...own, objects });
      }
      const precisions = rulers &&
        await detectedPrecisions(pictures, scenes, { ...rulers, world });
      const [map, map50] = precisions ?? [];
      rows.push({ ...controlRow(name, scores), map, map50 });
    };
    for (const { name, draw } of controls) {
      await add(name, scenes.map((_, i) => draw(scenes, i)));
      if (name !== "truth" || values.vae === undefined) continue;
      await add("VAE of the truth", await vaeRoundTrip(values.vae, scenes));
    }
    if (values.model !== undefined) {
      const progress = startProgress("controls", { total: modelRows.length });
      await using model = await loadModel(values.model);
      for (const [i, row] of modelRows.entries()) {
        await add(row.name, await makeRow(row, scenes, { model, seed, steps }));
        progress.update(i + 1);
      }
      progress.end();
    }
    await rulers?.encoder.dispose();
    await rulers?.detector.dispose();
    if (values.out !== undefined) {
      const json = `${JSON.stringify({ seed, count, side, rows }, null, 2)}\n`;
      await writeFileAtomically(join(values.out, "controls.json"), json);
      const table = `${controlTable(rows)}\n`;
      await writeFileAtomically(join(values.out, "controls.md"), table);
    }
    console.log(values.json ? JSON.stringify({ rows }) : controlTable(rows));
    return 0;
  },
});
