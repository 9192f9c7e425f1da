/** The tables of the report. */

import type { ClassScores } from "../class_scores.ts";
import type { Estimate } from "../estimate.ts";
import { escapeHtml } from "../../../lib/core/escape_html.ts";
import type { DescribedRunner } from "../run_description.ts";
import { type ColumnScores, measured } from "../results.ts";

/** Every column's scores with their intervals, the paper's beside them where it has any. */
export function scoreTable(columns: readonly ColumnScores[]): string {
  const there = measured(columns);
  const papers = columns.some(({ paper }) => paper);
  const names = there.map(({ title }) =>
    `<th${papers ? " rowspan=2" : ""}>${title}`
  );
  const head = `<tr><th${papers ? " rowspan=2" : ""}>${names.join("")}${
    papers
      ? '<th class="paper" colspan=2>the paper’s<tr><th class="paper">mAP<th class="paper">CLIP-I'
      : ""
  }`;
  const rows = columns.map((column) => {
    const own = there.map(({ key }) => estimateCell(column[key])).join("");
    const { map, clipI } = column.paper ?? {};
    const paper = [map, clipI].map((value) =>
      `<td class="paper">${value?.toFixed(3) ?? "–"}`
    ).join("");
    return `<tr><th>${escapeHtml(column.name)}${own}${papers ? paper : ""}`;
  });
  return table(head, rows);
}

function estimateCell(estimate: Estimate | undefined): string {
  if (estimate === undefined) return "<td>–";
  const { value, ci95: [low, high] } = estimate;
  return `<td>${value.toFixed(3)}<small>${low.toFixed(3)} … ${
    high.toFixed(3)
  }</small>`;
}

/** Other systems: the files of their adapters, their models and settings. */
export function systemTable(
  runners: Readonly<Record<string, DescribedRunner>>,
): string {
  const rows = Object.entries(runners).map(([name, one]) => {
    const { adapters, steps, guidance, methods } = one;
    const cells = [
      adapters.join(", "),
      one.name,
      steps ?? "the model’s own",
      guidance ?? "the model’s own",
      methods === null ? "as published" : settingsText(methods),
    ];
    return `<tr><th>${escapeHtml(name)}${
      cells.map((cell) => `<td class="text">${escapeHtml(cell)}`).join("")
    }`;
  });
  const heads = ["system", "adapter", "model", "steps", "guidance", "settings"];
  return table(
    `<tr>${heads.map((head) => `<th class="text">${head}`).join("")}`,
    rows,
  );
}

/** Settings of adapters as the command line writes them. */
function settingsText(methods: object): string {
  const shown = (value: unknown): string =>
    Array.isArray(value) ? value.join("/") : JSON.stringify(value);
  return Object.entries(methods).map(([name, settings]) =>
    `${name}:${
      Object.entries(settings as object)
        .map(([key, value]) => `${key}=${shown(value)}`).join(",")
    }`
  ).join(" ");
}

/** Scores of each class in one column. */
export function classTable(classes: readonly ClassScores[]): string {
  const precise = classes.some(({ ap }) => ap !== undefined);
  const head = `<tr><th>class<th>instances${
    precise ? "<th>AP @[.5:.95]<th>AP @50" : ""
  }<th>IoU<th>success<th>CLIP-I`;
  const rows = classes.map((one) => {
    const { ap, ap50, iou, success, clipI } = one;
    const values = [...precise ? [ap, ap50] : [], iou, success, clipI];
    const cells = values.map((value) => `<td>${value?.toFixed(3) ?? "–"}`);
    const name = escapeHtml(one.name);
    return `<tr><th>${name}<td>${one.instances}${cells.join("")}`;
  });
  return table(head, rows);
}

function table(head: string, rows: readonly string[]): string {
  return `<div class="wide"><table><thead>${head}</thead><tbody>
${rows.join("\n")}
</tbody></table></div>`;
}
