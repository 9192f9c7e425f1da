import { join } from "node:path";
import { writeFileAtomically } from "../../lib/core/files/write_file.ts";
import type { Column } from "./columns.ts";
import { type PictureRecord, readRecord } from "./record.ts";
import { type ColumnScores, measured, rules, scoreColumn } from "./results.ts";
import { resultsCsv } from "./results_csv.ts";
import type { RunDescription } from "./run_description.ts";
import type { SceneSource } from "./scene_source.ts";

/** Reads all records and writes the results. */
export async function writeResults(
  source: SceneSource,
  columns: readonly Column[],
  options: { out: string; run: RunDescription; classes: readonly string[] },
): Promise<ColumnScores[]> {
  const { out, run, classes } = options;
  const records: PictureRecord[] = [];
  const scored: ColumnScores[] = [];
  for (const column of columns) {
    const own: PictureRecord[] = [];
    for (const key of source.keys) {
      const record = await readRecord(out, column.id, key);
      if (record !== undefined) own.push(record);
    }
    if (own.length === 0) continue;
    records.push(...own);
    const { paper: _paper, ...unpublished } = column;
    const shown = source.closed === true ? unpublished : column;
    scored.push(scoreColumn(shown, own, classes));
  }
  const results = { run, rules, columns: scored, pictures: records };
  const json = `${JSON.stringify(results, null, 1)}\n`;
  await writeFileAtomically(join(out, "results.json"), json);
  await writeFileAtomically(join(out, "results.csv"), resultsCsv(records));
  const { reportPage } = await import("./report/report.ts");
  const page = await reportPage({
    ...{ out, source },
    columns: scored,
    records,
    run,
    classes,
  });
  await writeFileAtomically(join(out, "report.html"), page);
  return scored;
}

/** The scores as a table in Markdown. */
export function textTable(
  columns: readonly ColumnScores[],
  out: string,
): string {
  const there = measured(columns);
  const papers = columns.some(({ paper }) => paper);
  const heads = [
    ...there.map(({ title }) => title),
    ...papers ? ["mAP, the paper's", "CLIP-I, the paper's"] : [],
  ];
  const rows = columns.map((column) => {
    const { paper } = column;
    const values = [
      ...there.map(({ key }) => column[key]?.value),
      ...papers ? [paper?.map, paper?.clipI] : [],
    ];
    const cells = values.map((value) => value?.toFixed(3) ?? "–");
    const name = column.name.replaceAll("|", "\\|");
    return `| ${[name, ...cells].join(" | ")} |`;
  });
  return [
    `| | ${heads.join(" | ")} |`,
    `|---|${"--:|".repeat(heads.length)}`,
    ...rows,
    "",
    join(out, "report.html"),
  ].join("\n");
}
