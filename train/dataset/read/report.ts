/** Report on a build: figures and pictures of what it found, dropped and kept. */

import { counted } from "../../../lib/core/counted.ts";
import { join } from "node:path";
import { shorten } from "../../../lib/core/quote.ts";
import { writeFileAtomically } from "../../../lib/core/files/write_file.ts";
import { sumOf, sumReferences } from "../build/build_shard.ts";
import type { DatasetReport, Histogram } from "./dataset_report.ts";
import { reportPage } from "./report_page.ts";
import { writeSampleSheets } from "./sample_sheet.ts";
import type { ShardRecord } from "../build/shard_record.ts";
import type { PictureSource } from "../sources/source.ts";

/** Writes `report.json`, `report.html` and the sample sheets into the data set's folder. */
export async function writeReport(
  folder: string,
  records: readonly ShardRecord[],
  source: PictureSource,
): Promise<DatasetReport> {
  const report: DatasetReport = {
    ...figures(records),
    problems: [
      ...source.problems,
      ...records.flatMap(({ problems }) => problems),
    ],
    sheets: await writeSampleSheets(folder, records),
  };
  const json = JSON.stringify(report, null, 2) + "\n";
  await writeFileAtomically(join(folder, "report.json"), json);
  await writeFileAtomically(join(folder, "report.html"), reportPage(report));
  return report;
}

/** Why a build wrote nothing, in one sentence; `undefined` where it wrote something. */
export function nothingWritten(report: DatasetReport): string | undefined {
  const { samples, pictures, dropped, problems } = report;
  if (samples > 0) return undefined;
  if (pictures === 0) {
    return "No sample was written: the annotations list no picture";
  }
  const reasons = Object.entries(dropped)
    .map(([filter, count]) => `${count} by "${filter}"`);
  const [first] = problems;
  const why = [
    reasons.length > 0 ? `instances were dropped (${reasons.join(", ")})` : "",
    problems.length > 0
      ? `${counted(problems.length, "problem")}, the first is ${
        shorten(`${first!.where}: ${first!.what}`, 200)
      }`
      : "",
  ].filter((one) => one !== "");
  return `No sample was written of ${counted(pictures, "picture")}: ${
    why.length > 0 ? why.join("; ") : "they have no annotations"
  }`;
}

const grid = 5;

function figures(
  records: readonly ShardRecord[],
): Omit<DatasetReport, "problems" | "sheets"> {
  const pictures = records.flatMap(({ instances }) => instances);
  const instances = pictures.flat();
  const positions = new Array<number>(grid * grid).fill(0);
  for (const { box: [x0, y0, x1, y1] } of instances) {
    const cell = (a: number, b: number) =>
      Math.min(grid - 1, Math.floor(grid * (a + b) / 2));
    positions[cell(y0, y1) * grid + cell(x0, x1)]!++;
  }
  const samples = records.flatMap(({ samples }) => samples);
  return {
    pictures: records.reduce((total, record) => total + record.pictures, 0),
    samples: samples.length,
    instances: instances.length,
    captioned: samples.filter(({ caption }) => caption !== null).length,
    empty: records.reduce((total, record) => total + record.empty, 0),
    dropped: sumOf(records.map(({ dropped }) => dropped)),
    references: sumReferences(records.map(({ references }) => references)),
    classes: mostFirst(count(instances.map(({ category }) => category))),
    sizes: count(instances.map(({ box }) => sizeBin(box))),
    positions,
    instances_per_picture: count(pictures.map((list) => String(list.length))),
  };
}

function sizeBin(
  [x0, y0, x1, y1]: readonly [number, number, number, number],
): string {
  const tenth = Math.min(9, Math.floor(10 * Math.sqrt((x1 - x0) * (y1 - y0))));
  return `${10 * tenth}–${10 * tenth + 10} %`;
}

/** How often each name comes, numbers before in their order. */
function count(names: readonly string[]): Histogram {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries(
    [...counts].sort(([a], [b]) =>
      parseInt(a) - parseInt(b) || (a < b ? -1 : 1)
    ),
  );
}

function mostFirst(histogram: Histogram): Histogram {
  return Object.fromEntries(
    Object.entries(histogram).sort(([a, m], [b, n]) =>
      n - m || (a < b ? -1 : 1)
    ),
  );
}
