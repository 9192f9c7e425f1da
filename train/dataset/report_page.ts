import type { DatasetReport, Histogram } from "./report.ts";

/** `report.html`: one page without scripts. */
export function reportPage(report: DatasetReport): string {
  const { pictures, samples, instances, captioned, empty } = report;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Data set report</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #1f2933 }
h2 { margin-top: 2rem; font-size: 1.1rem }
table { border-collapse: collapse } td { padding: 1px 10px 1px 0; vertical-align: middle }
td.n { text-align: right; font-variant-numeric: tabular-nums }
.bar { background: #3b7ddd; height: 0.8em; display: block }
.cell { width: 4.5em; height: 4.5em; text-align: center }
img { max-width: 100% }
</style>
<h1>Data set report</h1>
<p>${pictures} pictures read, ${samples} samples with ${instances} instances written, ${captioned} of them captioned; ${empty} pictures left out.</p>
<h2>Instances dropped by each filter</h2>
${bars(report.dropped)}
<h2>Classes</h2>
${bars(report.classes)}
<h2>Sizes: root of the box's area against the picture's side</h2>
${bars(report.sizes)}
<h2>Instances in a picture</h2>
${bars(report.instances_per_picture)}
<h2>Where the boxes' centres lie</h2>
${positions(report.positions)}
<h2>Samples</h2>
${
    report.sheets.map((name) =>
      `<p><img src="${name}" alt="samples with their boxes"></p>`
    ).join("\n")
  }
<h2>Problems</h2>
${problems(report)}
</html>
`;
}

function bars(histogram: Histogram): string {
  const entries = Object.entries(histogram);
  if (entries.length === 0) return "<p>None</p>";
  const most = Math.max(...entries.map(([, count]) => count));
  const rows = entries.map(([name, count]) => {
    const width = (20 * count / most).toFixed(2);
    return `<tr><td>${
      escapeHtml(name)
    }<td class="n">${count}<td><span class="bar" style="width:${width}em"></span>`;
  });
  return `<table>\n${rows.join("\n")}\n</table>`;
}

function positions(counts: readonly number[]): string {
  const side = Math.sqrt(counts.length);
  const most = Math.max(1, ...counts);
  const rows = Array.from(
    { length: side },
    (_, y) =>
      "<tr>" + counts.slice(y * side, (y + 1) * side).map((count) => {
        const strength = (0.8 * count / most).toFixed(2);
        return `<td class="cell" style="background:rgba(59,125,221,${strength})">${count}`;
      }).join(""),
  );
  return `<table>\n${rows.join("\n")}\n</table>`;
}

function problems({ problems }: DatasetReport): string {
  if (problems.length === 0) return "<p>None</p>";
  const rows = problems.map(({ where, what }) =>
    `<tr><td>${escapeHtml(where)}<td>${escapeHtml(what)}`
  );
  return `<table>\n${rows.join("\n")}\n</table>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
