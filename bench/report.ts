import type { BenchOptions } from "./contenders.ts";

/** Options of a {@linkcode Report}. */
export interface ReportOptions extends BenchOptions {
  /** Runs that count, after one that does not. @default {the report's own} */
  rounds?: number;
  /** Whether small models take the place of large ones, as a proof that it runs. @default {false} */
  tiny?: boolean;
  /** Texts of which a line that is measured holds one; in reports that can choose. @default {all lines} */
  against?: readonly string[];
  /** Called with what is about to be done, or was found. */
  onProgress: (text: string) => void;
}

/** A table of another form than a comparison's. */
export interface Report {
  readonly name: string;
  readonly summary: string;
  /** Whether it only runs where it is named. @default {false} */
  readonly named?: boolean;
  /** Prepares files that are read. */
  readonly prepare?: () => Promise<void>;
  run(options: ReportOptions): Promise<ReportTable>;
}

/** What a report found. */
export interface ReportTable {
  /** Sentences above the table. */
  readonly notes?: readonly string[];
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** A second table, below the first. */
  readonly below?: Pick<ReportTable, "head" | "rows">;
}

/** A report as Markdown. */
export function formatReport(
  { name, summary }: Report,
  { notes = [], below, ...table }: ReportTable,
): string {
  return [
    `**${name}**: ${summary}`,
    "",
    ...notes.flatMap((note) => [note, ""]),
    ...tableLines(table),
    ...below === undefined ? [] : tableLines(below),
  ].join("\n");
}

function tableLines(
  { head, rows }: Pick<ReportTable, "head" | "rows">,
): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    line(head),
    `| --- |${" --: |".repeat(head.length - 1)}`,
    ...rows.map(line),
    "",
  ];
}
