import type { PictureRecord } from "./record.ts";

const columns = [
  "scene",
  "column",
  "seed",
  "instance",
  "category",
  "x0",
  "y0",
  "x1",
  "y1",
  "iou",
  "success",
  "clip_i",
  "clip_i_cut_out",
  "leakage",
  "clip_t",
] as const;

/** A row for every instance of every picture (RFC 4180). */
export function resultsCsv(records: readonly PictureRecord[]): string {
  const rows = records.flatMap(({ key, column, seed, instances, clipT }) =>
    instances.map((one, i) => [
      key,
      column,
      seed ?? "",
      i,
      one.category ?? "",
      ...one.box,
      one.iou ?? "",
      one.success ?? "",
      one.clipI ?? "",
      one.clipICutOut ?? "",
      one.leakage ?? "",
      clipT ?? "",
    ])
  );
  return [columns, ...rows]
    .map((row) => `${row.map(field).join(",")}\r\n`).join("");
}

function field(value: string | number | boolean): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
