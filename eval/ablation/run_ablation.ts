import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { LocRefError } from "../../lib/core/error.ts";
import { quote } from "../../lib/core/quote.ts";
import { mapAtOnce } from "../../lib/core/map_at_once.ts";
import { startProgress } from "../../lib/core/command/progress.ts";
import type { LoadedModel } from "../../lib/pipeline/load/loaded_model.ts";
import { openDetector } from "../../lib/scoring/detectors/open_detector.ts";
import { openPictureEncoder } from "../../lib/scoring/encoders/open_encoder.ts";
import { ownColumns } from "../run/columns.ts";
import { measurePicture, type RunRulers } from "../run/measure_picture.ts";
import type { Measurement } from "../run/record.ts";
import type { EvaluationScene, SceneSource } from "../run/scene_source.ts";
import { drawColumn } from "../run/score_scenes.ts";
import type { AblationResults } from "./ablation_report.ts";
import { type AblationRow, ablationRow } from "./ablation_row.ts";

/** Names of the rows, which say what each adds, by the columns that they are. */
const names: Readonly<Record<string, string>> = {
  ci: "CI only",
  grg: "+GRG",
  iaf: "+IAF",
  is: "+IS",
  "no-references": "no references",
};

/** The detector and the encoder in a folder of rulers, such as a pocket model's. */
export async function openRulersIn(folder: string): Promise<RunRulers> {
  const detector = join(folder, "detector");
  const encoder = join(folder, "evaluation_encoder");
  const missing = [detector, encoder].find((one) => !existsSync(one));
  if (missing !== undefined) {
    throw new LocRefError(
      "file-missing",
      `Folder ${quote(folder)} holds no rulers: ${quote(missing)} is missing`,
    );
  }
  return {
    detector: await openDetector(detector),
    encoder: await openPictureEncoder(encoder),
  };
}

/** Inputs of an ablation. */
export interface AblationOptions {
  readonly model: LoadedModel;
  readonly rulers: RunRulers;
  /** Noise seeds for each scene. */
  readonly seeds: number;
  readonly steps: number;
}

/**
 * Runs every row on every scene with every noise seed; nothing is kept of the pictures. Silhouettes
 * stand beside the rows: they say how much of a score is that of places alone.
 */
export async function runAblation(
  source: SceneSource,
  { model, rulers, seeds, steps }: AblationOptions,
): Promise<Pick<AblationResults, "ceiling" | "rows">> {
  const scenes: EvaluationScene[] = [];
  for (const i of source.keys.keys()) scenes.push(await source.read(i));
  const { classes } = rulers.detector;
  const drawn = async (name: string, kind: "truth" | "silhouettes") => {
    const measured = await Promise.all(
      scenes.map((scene) => measurePicture(scene[kind]!, scene, rulers)),
    );
    return ablationRow(name, [measured], classes);
  };
  const ceiling = await drawn("true compositions", "truth");
  const total = ownColumns.length * scenes.length * seeds;
  const progress = startProgress("ablation", { total });
  const rows: AblationRow[] = [];
  let done = 0;
  for (const column of ownColumns) {
    const measured: Measurement[][] = [];
    for (let seed = 0; seed < seeds; seed++) {
      const one = async (scene: EvaluationScene) => {
        const options = { model, seed, steps };
        const picture = await drawColumn(scene, column, options);
        const measurement = await measurePicture(picture, scene, rulers);
        progress.update(++done);
        return measurement;
      };
      const lanes = availableParallelism();
      measured.push(await mapAtOnce(scenes, one, { lanes }));
    }
    rows.push(ablationRow(names[column.id]!, measured, classes));
  }
  progress.end();
  rows.push(await drawn("silhouettes", "silhouettes"));
  return { ceiling, rows };
}
