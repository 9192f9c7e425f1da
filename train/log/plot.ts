import { basename } from "node:path";
import { LocRefError } from "../../lib/core/error.ts";
import { writeFileAtomically } from "../../lib/core/files/write_file.ts";
import { plotLine, plotPage, plotText } from "../../lib/images/drawing/plot.ts";
import { readLog } from "./training_log.ts";

/** One curve: a name and points, in order of `step`. */
export interface Curve {
  readonly name: string;
  readonly points: readonly { readonly step: number; readonly value: number }[];
}

/** Writes the loss curves of runs (their folders) as one SVG. */
export async function writeLossPlot(
  out: string,
  runs: readonly string[],
): Promise<void> {
  const curves: Curve[] = [];
  for (const run of runs) {
    const entries = await readLog(run);
    if (entries.length === 0) {
      throw new LocRefError("file-missing", `${run} holds no log of a run`);
    }
    const points = entries.map(({ step, loss }) => ({ step, value: loss! }));
    curves.push({ name: basename(run), points });
  }
  await writeFileAtomically(out, curvesSvg(curves, { label: "loss" }));
}

/** Options of {@linkcode curvesSvg}. */
export interface CurvesOptions {
  /** Name of the values. */
  readonly label: string;
  /** In pixels. @default {720} */
  readonly width?: number;
  /** In pixels. @default {400} */
  readonly height?: number;
}

const margin = { left: 64, right: 16, top: 28, bottom: 40 };
const colours = [
  "#1f77b4",
  "#d62728",
  "#2ca02c",
  "#9467bd",
  "#ff7f0e",
  "#17becf",
  "#8c564b",
];

/** Curves over steps, their values on a logarithmic axis, each smoothed and with its raw points pale behind it. */
export function curvesSvg(
  curves: readonly Curve[],
  options: CurvesOptions,
): string {
  const { label, width = 720, height = 400 } = options;
  const all = curves.flatMap(({ points }) => points).filter(({ value }) =>
    value > 0 && Number.isFinite(value)
  );
  const logs = all.map(({ value }) => Math.log10(value));
  const [low, high] = minMax(logs);
  const pad = Math.max(0.02, 0.05 * (high - low));
  const steps = minMax(all.map(({ step }) => step));
  const area = {
    width: width - margin.left - margin.right,
    height: height - margin.top - margin.bottom,
  };
  const x = (step: number) =>
    margin.left +
    area.width * (step - steps[0]) / Math.max(1, steps[1] - steps[0]);
  const y = (value: number) =>
    margin.top + area.height * (high + pad - Math.log10(value)) /
      (high - low + 2 * pad);
  const frame = { width, height, area };
  return plotPage(width, height, [
    ...valueAxis(10 ** (low - pad), 10 ** (high + pad), y, frame),
    ...stepAxis(steps, x, frame),
    plotText(label, { x: margin.left, y: 16 }),
    ...curves.flatMap((curve, i) => drawCurve(curve, i, { x, y })),
    ...curves.map(({ name }, i) => legend(name, i, width)),
  ]);
}

interface Frame {
  readonly width: number;
  readonly height: number;
  readonly area: { readonly width: number; readonly height: number };
}

function valueAxis(
  low: number,
  high: number,
  y: (value: number) => number,
  { width }: Frame,
): string[] {
  return logTicks(low, high).map((tick) => {
    const at = y(tick).toFixed(1);
    const line = plotLine(`M${margin.left} ${at}H${width - margin.right}`, {
      stroke: "#ddd",
    });
    const name = Number(tick.toPrecision(3));
    const place = { x: margin.left - 8, y: at, dy: 4, anchor: "end" } as const;
    return line + plotText(name, { ...place, fill: "#555" });
  });
}

function stepAxis(
  [first, last]: [number, number],
  x: (step: number) => number,
  { height, area }: Frame,
): string[] {
  const bottom = margin.top + area.height;
  const middle = margin.left + area.width / 2;
  const ticks = linearTicks(first, last).map((tick) => {
    const place = { x: x(tick).toFixed(1), y: bottom + 16 };
    return plotText(tick, { ...place, anchor: "middle", fill: "#555" });
  });
  return [
    plotLine(`M${margin.left} ${bottom}h${area.width}`, { stroke: "#888" }),
    ...ticks,
    plotText("step", { x: middle, y: height - 6, anchor: "middle" }),
  ];
}

function drawCurve(
  { points }: Curve,
  index: number,
  { x, y }: { x: (step: number) => number; y: (value: number) => number },
): string[] {
  const colour = colours[index % colours.length]!;
  const positive = points.filter(({ value }) =>
    value > 0 && Number.isFinite(value)
  );
  const path = (drawn: Curve["points"]) =>
    drawn.map(({ step, value }, i) =>
      `${i === 0 ? "M" : "L"}${x(step).toFixed(1)} ${y(value).toFixed(1)}`
    ).join("");
  const raw = thin(positive, 2000);
  const smooth = thin(smoothed(positive), 600);
  return [
    plotLine(path(raw), {
      fill: "none",
      stroke: colour,
      "stroke-opacity": 0.25,
    }),
    plotLine(path(smooth), {
      ...{ fill: "none", stroke: colour },
      ...{ "stroke-width": 2, "stroke-linejoin": "round" },
    }),
  ];
}

/** A running mean over about a fiftieth of the curve, of both sides. */
function smoothed(points: Curve["points"]): Curve["points"] {
  const reach = Math.floor(points.length / 100);
  const sums = [0];
  for (const { value } of points) sums.push(sums.at(-1)! + value);
  return points.map(({ step }, i) => {
    const from = Math.max(0, i - reach);
    const to = Math.min(points.length, i + reach + 1);
    return { step, value: (sums[to]! - sums[from]!) / (to - from) };
  });
}

function thin<V>(values: readonly V[], limit: number): readonly V[] {
  const every = Math.ceil(values.length / limit);
  return every <= 1
    ? values
    : values.filter((_, i) => i % every === 0 || i === values.length - 1);
}

function legend(name: string, index: number, width: number): string {
  const colour = colours[index % colours.length]!;
  const place = { x: width - margin.right, y: 16 + 16 * index };
  return plotText(name, { ...place, anchor: "end", fill: colour });
}

/** 1, 2 and 5 times powers of ten within a range, finer ones where there are few. */
function logTicks(low: number, high: number): number[] {
  for (const digits of [[1], [1, 2, 5], [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9]]) {
    const ticks: number[] = [];
    const last = Math.ceil(Math.log10(high));
    for (let power = Math.floor(Math.log10(low)); power <= last; power++) {
      for (const digit of digits) {
        const tick = digit * 10 ** power;
        if (tick >= low && tick <= high) ticks.push(tick);
      }
    }
    if (ticks.length >= 3) return ticks;
  }
  return linearTicks(low, high);
}

function linearTicks(low: number, high: number): number[] {
  const rough = Math.max(Number.MIN_VALUE, (high - low) / 5);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((digit) => digit * power >= rough)! * power;
  const ticks: number[] = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high; tick += step) {
    ticks.push(Number(tick.toPrecision(12)));
  }
  return ticks;
}

function minMax(values: readonly number[]): [number, number] {
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low <= high ? [low, high] : [0, 1];
}
