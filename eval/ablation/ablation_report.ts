import { join } from "node:path";
import { writeFileAtomically } from "../../lib/core/files/write_file.ts";
import { ablationPlot } from "./ablation_plot.ts";
import type { AblationRow } from "./ablation_row.ts";

/** Inputs and results of an ablation. */
export interface AblationResults {
  /** Description of the rows, for readers of this file alone. */
  readonly compared: string;
  /** Name or folder of the model. */
  readonly model: string;
  /** Seed of the scenes. */
  readonly seed: number;
  readonly scenes: number;
  /** Noise seeds for each scene. */
  readonly seeds: number;
  /** Steps of DDIM. */
  readonly steps: number;
  /** Scores of the true compositions: the most that these rulers can give. */
  readonly ceiling: AblationRow;
  readonly rows: readonly AblationRow[];
}

/** The sentence of `results.json` on what was compared. */
export const compared: string =
  "One model under its switches. They are also off at random while the family of train/pocket is trained, so that every row is a regime that it was trained in. No row was trained by itself.";

/** The results as a table in Markdown, with intervals and, in brackets, the share of the ceiling. */
export function ablationTable({ ceiling, rows }: AblationResults): string {
  const lines = [...rows, ceiling].map((row) => {
    const cell = (name: "map50" | "clip_i") =>
      `${row[name].toFixed(3)} (${
        row.ci95[name].map((end) => end.toFixed(3)).join("–")
      })`;
    const share = (name: "map50" | "map50Agnostic" | "clip_i") =>
      (row[name] / ceiling[name]).toFixed(2);
    return [
      row.name,
      row.map.toFixed(3),
      cell("map50"),
      share("map50"),
      row.map50Agnostic.toFixed(3),
      share("map50Agnostic"),
      cell("clip_i"),
      share("clip_i"),
    ];
  });
  const head = [
    "",
    "mAP",
    "mAP@50 (95 %)",
    "of ceiling",
    "any class @50",
    "of ceiling",
    "CLIP-I (95 %)",
    "of ceiling",
  ];
  const rule = head.map((_, i) => (i === 0 ? "---" : "--:"));
  return [head, rule, ...lines].map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

/** Writes `results.json`, `table.md` and `plot.svg` into a folder. */
export async function writeAblation(
  folder: string,
  results: AblationResults,
): Promise<void> {
  const json = `${JSON.stringify(results, null, 2)}\n`;
  await writeFileAtomically(join(folder, "results.json"), json);
  const table = `${ablationTable(results)}\n`;
  await writeFileAtomically(join(folder, "table.md"), table);
  await writeFileAtomically(join(folder, "plot.svg"), ablationPlot(results));
}
