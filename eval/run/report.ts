import { mean } from "../bootstrap.ts";
import { gallery, type GalleryScene } from "./report_gallery.ts";
import { escapeHtml, reportStyle } from "./report_style.ts";
import type { PictureRecord } from "./record.ts";
import type { ColumnScores, Estimate } from "./results.ts";

/** What a report is made of. */
export interface ReportInput {
  readonly out: string;
  readonly columns: readonly ColumnScores[];
  readonly records: readonly PictureRecord[];
  readonly run: {
    readonly scenes: string;
    readonly reference: string;
    readonly steps: string | null;
    readonly seed: string;
    readonly detector: string;
    readonly encoder: string;
    readonly model: { readonly name: string };
    readonly backend: string;
  };
  readonly classes: readonly string[];
}

/** Scenes shown of the best and of the worst. */
const shownScenes = 6;

/** `report.html`: one page that needs nothing but itself. */
export async function reportPage(input: ReportInput): Promise<string> {
  const { columns, records, run } = input;
  const judged = columns.findLast(({ id }) => id === "is") ?? columns.at(-1)!;
  const own = records.filter(({ column }) => column === judged.id);
  const ranked = own.toSorted((a, b) => quality(a) - quality(b));
  const show = async (some: readonly PictureRecord[]) =>
    await gallery(
      some.map((one): GalleryScene => ({
        key: one.key,
        records: columns.flatMap(({ id, name }) => {
          const record = records.find(({ key, column }) =>
            key === one.key && column === id
          );
          return record === undefined ? [] : [{ name, record }];
        }),
      })),
      input,
    );
  const worst = ranked.slice(0, shownScenes);
  const best = ranked.toReversed()
    .filter((one) => !worst.includes(one)).slice(0, shownScenes);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Evaluation of ${escapeHtml(run.model.name)}</title>
<link rel="icon" href="data:,">
<style>${reportStyle}</style>
<h1>Evaluation of ${escapeHtml(run.model.name)}</h1>
<p>${own.length} scenes (${escapeHtml(run.scenes)}), seed ${
    escapeHtml(run.seed)
  }, ${
    run.steps ?? "the model’s own"
  } steps, on ${run.backend}. Boxes are found by the detector “${
    escapeHtml(run.detector)
  }”, likeness is measured by the encoder “${escapeHtml(run.encoder)}”.</p>
<h2>Scores</h2>
${scoreTable(columns)}
<p class="note">Below each number its 95 % bootstrap interval over scenes. ${
    columns.some(({ paper }) => paper)
      ? "The paper’s columns are Table II of LocRef-Diffusion (arXiv 2411.15252): Stable Diffusion 1.5, COCO, YOLOv8; other pictures and other rulers than here, so only the order of the rows is to be compared. It does not say which mAP it gives. "
      : ""
  }One model under its switches is compared; no row has a model of its own.</p>
<h2>Where ${escapeHtml(judged.name)} fares worst</h2>
${await show(worst)}
${
    best.length > 0
      ? `<h2>Where it fares best</h2>
${await show(best)}`
      : ""
  }
<p class="note">Solid: the box that was asked for. Dashed: what the detector found that fits it best. Scenes are ordered by the mean over their instances of IoU and CLIP-I.</p>
<h2>Classes, ${escapeHtml(judged.name)}</h2>
${classTable(own)}
</html>
`;
}

function quality({ instances }: PictureRecord): number {
  return mean(
    instances.map(({ iou = 0, clipI = 0 }) => (iou + clipI) / 2),
  );
}

const measures = [
  ["map", "mAP @[.5:.95]"],
  ["map50", "mAP @50"],
  ["mapAnyClass", "any class @[.5:.95]"],
  ["map50AnyClass", "any class @50"],
  ["iou", "IoU"],
  ["success", "success"],
  ["clipI", "CLIP-I"],
  ["clipICutOut", "CLIP-I, cut out"],
  ["leakage", "leakage"],
  ["clipT", "CLIP-T"],
] as const;

function scoreTable(columns: readonly ColumnScores[]): string {
  const there = measures.filter(([key]) =>
    columns.some((column) => column[key] !== undefined)
  );
  const papers = columns.some(({ paper }) => paper);
  const head = [
    ...there.map(([, name]) => `<th>${name}`),
    ...(papers
      ? ['<th class="paper">mAP, paper', '<th class="paper">CLIP-I, paper']
      : []),
  ].join("");
  const rows = columns.map((column) =>
    `<tr><th>${escapeHtml(column.name)}${
      there.map(([key]) => estimateCell(column[key])).join("")
    }${
      papers
        ? [column.paper?.map, column.paper?.clipI]
          .map((value) => `<td class="paper">${value?.toFixed(3) ?? ""}`)
          .join("")
        : ""
    }`
  );
  return `<div class="wide"><table><tr><th>${head}\n${
    rows.join("\n")
  }</table></div>`;
}

function estimateCell(estimate: Estimate | undefined): string {
  if (estimate === undefined) return "<td>";
  const { value, ci95: [low, high] } = estimate;
  return `<td>${value.toFixed(3)}<small>${low.toFixed(3)} – ${
    high.toFixed(3)
  }</small>`;
}

function classTable(records: readonly PictureRecord[]): string {
  const byClass = Map.groupBy(
    records.flatMap(({ instances }) => instances),
    ({ category }) => category ?? "unknown",
  );
  const rows = [...byClass].map(([name, all]) => {
    const of = (values: readonly number[]) =>
      values.length > 0 ? mean(values).toFixed(3) : "";
    return {
      name,
      count: all.length,
      cells: [
        of(all.flatMap(({ iou }) => iou ?? [])),
        of(all.map(({ success }) => success ? 1 : 0)),
        of(all.flatMap(({ clipI }) => clipI ?? [])),
      ],
    };
  }).sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
  return `<div class="wide"><table><tr><th>class<th>instances<th>IoU<th>success<th>CLIP-I\n${
    rows.map(({ name, count, cells }) =>
      `<tr><th>${escapeHtml(name)}<td>${count}${
        cells.map((cell) => `<td>${cell}`).join("")
      }`
    ).join("\n")
  }</table></div>`;
}
