import { type Measure, measures } from "./measures.ts";
import type { PictureRecord } from "./record.ts";

const scores = (measures as readonly Measure[])
  .flatMap(({ csv }) => csv === undefined ? [] : [csv]);

const columns = [
  ...["scene", "column", "seed", "instance", "category"],
  ...["x0", "y0", "x1", "y1"],
  ...scores.map(({ name }) => name),
];

/** A row for every instance of every picture (RFC 4180). */
export function resultsCsv(records: readonly PictureRecord[]): string {
  const rows = records.flatMap((picture) =>
    picture.instances.map((one, i) => [
      ...[picture.key, picture.column, picture.seed ?? "", i],
      one.category ?? "",
      ...one.box,
      ...scores.map((score) => score.of(one, picture) ?? ""),
    ])
  );
  return [columns, ...rows]
    .map((row) => `${row.map(field).join(",")}\r\n`).join("");
}

function field(value: string | number | boolean): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
