import { escapeHtml } from "../../../lib/core/escape_html.ts";
import type { DatasetReport, Histogram } from "./dataset_report.ts";

/** Description of what each filter drops, by its name in the report. */
const reasons: Readonly<Record<string, string>> = {
  area: "too small an area (--min-area)",
  aspect: "too long and thin (--max-aspect)",
  blur: "blurred (--min-sharpness)",
  class: "another class (--classes)",
  crop: "outside the centre crop (--keep)",
  crowd: "a crowd",
  depiction: "a depiction",
  "empty box": "an empty box",
  group: "a group",
  number: "too many in the picture (--max-instances)",
  overlap: "behind a larger one (--max-overlap)",
  side: "too short a side (--min-side)",
  truncated: "cut off (--drop-truncated)",
};

/** How many rows of classes and of problems the page shows. */
const most = { classes: 60, problems: 500 };

const style = `
body { font: 15px/1.5 system-ui, sans-serif; max-width: 66rem; margin: 2rem auto; padding: 0 1.5rem; color: #1f2933; background: #fafaf8 }
h1 { font-size: 1.5rem } h2 { margin: 2.2rem 0 .6rem; font-size: 1.05rem }
dl { display: flex; flex-wrap: wrap; gap: .8rem; margin: 0 }
dl div { background: #fff; border: 1px solid #e2e2dd; border-radius: 6px; padding: .5rem 1rem; min-width: 6.5rem }
dt { color: #5f6b76; font-size: .85rem } dd { margin: 0; font-size: 1.35rem; font-variant-numeric: tabular-nums }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(24rem, 1fr)); column-gap: 3rem }
.classes { columns: 2 20rem; column-gap: 3rem }
table { border-collapse: collapse } td { padding: 1px 10px 1px 0; vertical-align: middle }
.classes tr { break-inside: avoid }
td.n { text-align: right; font-variant-numeric: tabular-nums }
.bar { background: #3b7ddd; height: .75em; display: block; border-radius: 1px }
.cell { width: 3.6em; height: 3.6em; padding: 0; text-align: center; border: 1px solid #fff }
img { max-width: 100%; border: 1px solid #e2e2dd; border-radius: 6px }
.problems td { vertical-align: top; padding-right: 1.5rem; overflow-wrap: anywhere }
`;

/** `report.html`: one page without scripts. */
export function reportPage(report: DatasetReport): string {
  const dropped = Object.fromEntries(
    Object.entries(report.dropped).sort(([, a], [, b]) => b - a)
      .map(([name, count]) => [reasons[name] ?? name, count]),
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Data set report</title>
<style>${style}</style>
<h1>Data set report</h1>
${figures(report)}
<h2>Samples</h2>
${sheets(report)}
<div class="columns">
<section><h2>Instances that were dropped</h2>
${bars(dropped)}</section>
<section><h2>Instances in a picture</h2>
${bars(report.instances_per_picture)}</section>
<section><h2>Sizes: root of the box's area against the picture's side</h2>
${bars(report.sizes)}</section>
<section><h2>Where the boxes' centres lie</h2>
${positions(report.positions)}</section>
</div>
<h2>Classes</h2>
${classes(report.classes)}
<h2>Problems</h2>
${problems(report)}
</html>
`;
}

function figures(report: DatasetReport): string {
  const { same, other, fallback } = report.references;
  const all: [string, number][] = [
    ["pictures read", report.pictures],
    ["left out", report.empty],
    ["samples", report.samples],
    ["captioned", report.captioned],
    ["instances", report.instances],
    ["classes", Object.keys(report.classes).length],
    ["problems", report.problems.length],
  ];
  if (other + fallback > 0) {
    all.push(["references of others", other], [
      "of their own",
      fallback + same,
    ]);
  }
  const boxes = all.map(([name, count]) =>
    `<div><dt>${name}<dd>${count.toLocaleString("en")}</div>`
  );
  return `<dl>${boxes.join("")}</dl>`;
}

function sheets({ sheets }: DatasetReport): string {
  if (sheets.length === 0) return "<p>None</p>";
  return sheets.map((name) => {
    const split = name.replace(/^samples-|\.jpg$/g, "");
    return `<p>Split ${split}, each picture with its boxes and its references:</p>\n<p><img src="${name}" alt="Samples of the split ${split}"></p>`;
  }).join("\n");
}

function bars(histogram: Histogram): string {
  const entries = Object.entries(histogram);
  if (entries.length === 0) return "<p>None</p>";
  return `<table>\n${barRows(entries).join("\n")}\n</table>`;
}

function barRows(entries: readonly [string, number][]): string[] {
  const largest = Math.max(...entries.map(([, count]) => count));
  return entries.map(([name, count]) => {
    const width = (9 * count / largest).toFixed(2);
    return `<tr><td>${
      escapeHtml(name)
    }<td class="n">${count}<td><span class="bar" style="width:${width}em"></span>`;
  });
}

function classes(histogram: Histogram): string {
  const entries = Object.entries(histogram);
  if (entries.length === 0) return "<p>None</p>";
  const rest = entries.length - most.classes;
  const more = rest > 0
    ? `\n<p>${rest} more classes are in <a href="report.json">report.json</a>.</p>`
    : "";
  const rows = barRows(entries.slice(0, most.classes)).join("\n");
  return `<div class="classes"><table>\n${rows}\n</table></div>${more}`;
}

function positions(counts: readonly number[]): string {
  const side = Math.sqrt(counts.length);
  const largest = Math.max(1, ...counts);
  const rows = Array.from(
    { length: side },
    (_, y) =>
      "<tr>" + counts.slice(y * side, (y + 1) * side).map((count) => {
        const strength = (0.1 + 0.7 * count / largest).toFixed(2);
        return `<td class="cell" style="background:rgba(59,125,221,${strength})">${count}`;
      }).join(""),
  );
  return `<table>\n${rows.join("\n")}\n</table>`;
}

function problems({ problems }: DatasetReport): string {
  if (problems.length === 0) return "<p>None</p>";
  const rest = problems.length - most.problems;
  const more = rest > 0
    ? `\n<p>${rest} more are in <a href="report.json">report.json</a>.</p>`
    : "";
  const rows = problems.slice(0, most.problems).map(({ where, what }) =>
    `<tr><td>${escapeHtml(where)}<td>${escapeHtml(what)}`
  );
  return `<table class="problems">\n${rows.join("\n")}\n</table>${more}`;
}
