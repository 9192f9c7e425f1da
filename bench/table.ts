import type { Comparison, Row } from "./compare.ts";

/** The rows of one comparison as a Markdown table. */
export function formatTable(
  comparison: Pick<Comparison, "name" | "summary">,
  rows: readonly Row[],
): string {
  const lines = rows.map((row) =>
    row.failure !== undefined
      ? `| ${row.contender} | failed: ${
        row.failure.split("\n").at(-1)
      } | | | | | | |`
      : `| ${
        [
          row.contender,
          seconds(row.seconds),
          `${seconds(row.fastest)} – ${seconds(row.slowest)}`,
          ratio(row.ratio),
          seconds(row.cpuSeconds),
          ratio(row.cpuRatio),
          seconds(row.startSeconds),
          row.peakBytes === undefined
            ? "–"
            : `${(row.peakBytes / 1e9).toFixed(2)} GB`,
        ].join(" | ")
      } |`
  );
  return [
    `**${comparison.name}**: ${comparison.summary}`,
    "",
    "| | median | fastest – slowest | × first | processor time | × first | start | peak |",
    "|---|---|---|---|---|---|---|---|",
    ...lines,
    "",
  ].join("\n");
}

function seconds(value: number | undefined): string {
  if (value === undefined) return "–";
  return value < 0.1
    ? `${(value * 1000).toFixed(1)} ms`
    : `${value.toFixed(2)} s`;
}

function ratio(value: number | undefined): string {
  return value === undefined ? "–" : value.toFixed(2);
}
