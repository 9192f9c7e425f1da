import { svgDocument } from "../../../lib/images/drawing/svg.ts";
import type { AblationResults } from "./ablation_report.ts";

const rowHeight = 30, labelWidth = 120, panelWidth = 280, gap = 28;
const top = 44, bottom = 28;

/** The two scores that are drawn, each in a panel of its own. */
const panels = [
  { key: "map50", title: "mAP@50" },
  { key: "clip_i", title: "CLIP-I" },
] as const;

/** The rows' scores with their 95 % intervals; the dashed line is the ceiling. */
export function ablationPlot({ rows, ceiling }: AblationResults): string {
  const width = labelWidth + panels.length * (panelWidth + gap);
  const height = top + rows.length * rowHeight + bottom;
  const labels = rows.map(({ name }, i) =>
    text(name, { x: labelWidth - 10, y: rowY(i) + 4, anchor: "end" })
  );
  const drawn = panels.map(({ key, title }, i) => {
    const left = labelWidth + i * (panelWidth + gap);
    const x = (value: number) =>
      left + panelWidth * Math.min(1, Math.max(0, value));
    return [
      text(title, { x: left, y: 18, anchor: "start" }),
      axis(x, height),
      line(x(ceiling[key]), height),
      ...rows.map((row, r) => dot(row[key], row.ci95[key], { x, y: rowY(r) })),
    ].join("");
  });
  const ground = `<rect width="${width}" height="${height}" fill="white"/>`;
  const content = [ground, ...labels, ...drawn].join("\n");
  return `${svgDocument(width, height, content)}\n`;
}

function rowY(row: number): number {
  return top + (row + 0.5) * rowHeight;
}

function axis(x: (value: number) => number, height: number): string {
  return [0, 0.25, 0.5, 0.75, 1].map((tick) => {
    const at = x(tick).toFixed(1);
    return `<path d="M${at} ${top}V${height - bottom}" stroke="#e4e4e4"/>${
      text(String(tick), { x: x(tick), y: height - 10, anchor: "middle" })
    }`;
  }).join("");
}

function line(at: number, height: number): string {
  const x = at.toFixed(1);
  return `<path d="M${x} ${top - 6}V${
    height - bottom
  }" stroke="#d62728" stroke-dasharray="5 4"/>${
    text("ceiling", { x: at, y: top - 10, anchor: "middle" })
  }`;
}

function dot(
  value: number,
  [low, high]: readonly [number, number],
  { x, y }: { x: (value: number) => number; y: number },
): string {
  return `<path d="M${x(low).toFixed(1)} ${y}H${
    x(high).toFixed(1)
  }" stroke="#1f77b4" stroke-width="2"/><circle cx="${
    x(value).toFixed(1)
  }" cy="${y}" r="5" fill="#1f77b4"/>${
    text(value.toFixed(3), { x: x(value), y: y - 8, anchor: "middle" })
  }`;
}

function text(
  words: string,
  { x, y, anchor }: { x: number; y: number; anchor: string },
): string {
  return `<text x="${x.toFixed(1)}" y="${
    y.toFixed(1)
  }" text-anchor="${anchor}" font-family="system-ui, sans-serif" font-size="12" fill="#333">${words}</text>`;
}
