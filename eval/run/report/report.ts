import { ownColumns } from "../columns.ts";
import { mean } from "../bootstrap.ts";
import type { PictureRecord } from "../record.ts";
import { galleryScene } from "./report_gallery.ts";
import { legend } from "./report_overlay.ts";
import { escapeHtml } from "../../../lib/core/escape_html.ts";
import { reportStyle } from "./report_style.ts";
import { classTable, scoreTable, systemTable } from "./report_tables.ts";
import { type ColumnScores, rules } from "../results.ts";
import { systemNames } from "../runners/runner.ts";
import type { RunDescription } from "../run_description.ts";
import type { SceneSource } from "../scene_source.ts";

/** Contents of a report. */
export interface ReportInput {
  readonly out: string;
  readonly source: SceneSource;
  readonly columns: readonly ColumnScores[];
  readonly records: readonly PictureRecord[];
  readonly run: RunDescription;
  /** The detector's. */
  readonly classes: readonly string[];
}

/** Scenes shown of the best and of the worst. */
const shownScenes = 6;

/** `report.html`: one page that needs nothing but itself. */
export async function reportPage(input: ReportInput): Promise<string> {
  const { columns, records, run } = input;
  const systems = columns.filter(({ id }) =>
    run.runners?.[id] !== undefined || systemNames.includes(id)
  );
  const whole = columns.find(({ id }) => id === "is");
  const judged = whole ?? systems[0] ?? columns.at(-1)!;
  const own = records.filter(({ column }) => column === judged.id);
  const { worst, best } = extremes(own);
  const fares = `Where ${escapeHtml(judged.name)} fares worst`;
  const named = [whole, ...systems].flatMap((one) => one?.name ?? []);
  const title = `Evaluation of ${
    escapeHtml(named.join(", ") || run.model.name)
  }`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${reportStyle}</style>
<h1>${title}</h1>
<p>${introduction(input, own.length)}</p>
<h2>Scores</h2>
${scoreTable(columns)}
${notes(columns).map((note) => `<p class="note">${note}</p>`).join("\n")}
${
    run.runners === undefined
      ? ""
      : `<h2>Systems</h2>\n${systemTable(run.runners)}`
  }
${await scenesSection(fares, worst, input)}
${
    best.length > 0
      ? await scenesSection("Where it fares best", best, input)
      : ""
  }
<p class="note">Scenes are ordered by the mean over their instances of IoU and CLIP-I. Hold the pointer over a box to read its class and its score.</p>
<h2>Classes</h2>
${columns.map((one) => classesOf(one, one === judged)).join("\n")}
<h2>Files</h2>
${files(run)}
</html>
`;
}

/** The worst pictures and the best, of which none is among both. */
function extremes(records: readonly PictureRecord[]) {
  const ranked = records.toSorted((a, b) => quality(a) - quality(b));
  const worst = ranked.slice(0, shownScenes);
  const best = ranked.toReversed().filter((one) => !worst.includes(one));
  return { worst, best: best.slice(0, shownScenes) };
}

/** Scenes under a heading, with the legend of their boxes. */
async function scenesSection(
  heading: string,
  records: readonly PictureRecord[],
  input: ReportInput,
): Promise<string> {
  return `<h2>${heading}</h2>
${legend}
${await show(records, input)}`;
}

function introduction({ run }: ReportInput, scenes: number): string {
  const { steps, guidance, sampler } = run;
  const number = (count: string | number, one: string) =>
    `${count} ${one}${Number(count) === 1 ? "" : "s"}`;
  return `${number(scenes, "scene")} (<code>${
    escapeHtml(run.scenes)
  }</code>), ${
    steps === null ? "the model’s own number of steps" : number(steps, "step")
  } of ${escapeHtml(sampler)}, ${
    guidance === null
      ? "the model’s own guidance"
      : `guidance ${escapeHtml(guidance)}`
  }, seeds from ${
    escapeHtml(run.seed)
  }, on ${run.backend}. Boxes are found by the detector “${
    escapeHtml(run.detector.name)
  }”, likeness is measured by the encoder “${escapeHtml(run.encoder.name)}”.`;
}

/** Columns of a part of the model. */
const partial = new Set(
  ownColumns.filter(({ name }) => name !== "").map(({ id }) => id),
);

function notes(columns: readonly ColumnScores[]): string[] {
  const unknown = [
    ...new Set(columns.flatMap(({ unknownClasses }) => unknownClasses)),
  ];
  return [
    "Below each number its 95 % bootstrap interval over scenes.",
    ...columns.some(({ id }) => partial.has(id))
      ? [
        "Rows with a comma in their name are the model with only what is named after it: the composite image (CI), the guidance of regions (GRG), the references inside their boxes (IAF), or no references.",
      ]
      : [],
    Object.values(rules).join(" "),
    ...columns.some(({ paper }) => paper)
      ? [
        "The paper’s columns are Table II of LocRef-Diffusion (arXiv 2411.15252), of Stable Diffusion 1.5 on COCO, found by YOLOv8; it does not say which mAP it gives. Other pictures and other rulers than here, so only the order of the rows is to be compared.",
      ]
      : [],
    ...unknown.length > 0
      ? [
        `There is no mAP over classes, since the detector does not know ${
          unknown.map((name) => `“${escapeHtml(name)}”`).join(", ")
        }. Their objects count as found whatever class the detector gives them.`,
      ]
      : [],
  ];
}

async function show(
  some: readonly PictureRecord[],
  { columns, records, source, out, classes }: ReportInput,
): Promise<string> {
  const shown: string[] = [];
  for (const { key } of some) {
    const scene = await source.read(source.keys.indexOf(key));
    const own = columns.flatMap(({ id, name }) => {
      const record = records.find((one) =>
        one.key === key && one.column === id
      );
      return record === undefined ? [] : [{ name, record }];
    });
    shown.push(await galleryScene({ scene, records: own }, { out, classes }));
  }
  return shown.join("\n");
}

function classesOf({ name, classes }: ColumnScores, open: boolean): string {
  return `<details${open ? " open" : ""}><summary>${escapeHtml(name)}</summary>
${classTable(classes)}
</details>`;
}

function files(
  { model, runners = {}, detector, encoder }: RunDescription,
): string {
  const parts = { model, ...runners, detector, encoder };
  const rows = Object.entries(parts).flatMap(([part, { name, files }]) =>
    Object.entries(files).map(([file, hash]) =>
      `<tr><th>${part} ${escapeHtml(name)}<td>${
        escapeHtml(file)
      }<td><code>${hash}</code>`
    )
  );
  return `<details><summary>SHA-256 of ${rows.length} files</summary><div class="wide"><table>
${rows.join("\n")}
</table></div></details>`;
}

function quality({ instances }: PictureRecord): number {
  if (instances.length === 0) return 0;
  return mean(instances.map(({ iou = 0, clipI = 0 }) => (iou + clipI) / 2));
}
