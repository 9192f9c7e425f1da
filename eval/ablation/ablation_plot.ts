import { plotLine, plotPage, plotText } from "../../lib/images/drawing/plot.ts";
import type { AblationRow } from "./ablation_row.ts";

const rowHeight = 30, labelWidth = 120, panelWidth = 280, gap = 28;
const top = 44, bottom = 28;

/** The two scores that are drawn, each in a panel of its own. */
const panels = [
  { key: "map50", title: "mAP@50" },
  { key: "clip_i", title: "CLIP-I" },
] as const;

/** The rows' scores with their 95 % intervals; the dashed line is the ceiling. */
export function ablationPlot(
  { rows, ceiling }: { rows: readonly AblationRow[]; ceiling: AblationRow },
): string {
  const width = labelWidth + panels.length * (panelWidth + gap);
  const height = top + rows.length * rowHeight + bottom;
  const labels = rows.map(({ name }, i) =>
    plotText(name, { x: labelWidth - 10, y: rowY(i) + 4, anchor: "end" })
  );
  const drawn = panels.flatMap(({ key, title }, i) => {
    const left = labelWidth + i * (panelWidth + gap);
    const x = (value: number) =>
      (left + panelWidth * Math.min(1, Math.max(0, value))).toFixed(1);
    return [
      plotText(title, { x: left, y: 18 }),
      ...axis(x, height),
      ...limit(x(ceiling[key]), height),
      ...rows.flatMap((row, r) =>
        dot(row[key], row.ci95[key], { x, y: rowY(r) })
      ),
    ];
  });
  return plotPage(width, height, [...labels, ...drawn]);
}

function rowY(row: number): number {
  return top + (row + 0.5) * rowHeight;
}

function axis(x: (value: number) => string, height: number): string[] {
  return [0, 0.25, 0.5, 0.75, 1].flatMap((tick) => [
    plotLine(`M${x(tick)} ${top}V${height - bottom}`, { stroke: "#e4e4e4" }),
    plotText(tick, { x: x(tick), y: height - 10, anchor: "middle" }),
  ]);
}

function limit(x: string, height: number): string[] {
  return [
    plotLine(`M${x} ${top - 6}V${height - bottom}`, {
      stroke: "#d62728",
      "stroke-dasharray": "5 4",
    }),
    plotText("ceiling", { x, y: top - 10, anchor: "middle" }),
  ];
}

function dot(
  value: number,
  [low, high]: readonly [number, number],
  { x, y }: { x: (value: number) => string; y: number },
): string[] {
  const blue = "#1f77b4";
  return [
    plotLine(`M${x(low)} ${y}H${x(high)}`, { stroke: blue, "stroke-width": 2 }),
    `<circle cx="${x(value)}" cy="${y}" r="5" fill="${blue}"/>`,
    plotText(value.toFixed(3), { x: x(value), y: y - 8, anchor: "middle" }),
  ];
}
