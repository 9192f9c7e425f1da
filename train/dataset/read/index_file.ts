/** The list of a data set's samples, as JSON lines or as Parquet. */

import { Buffer } from "node:buffer";
import { join } from "node:path";
import { parquetReadObjects } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import { LocRefError } from "../../../lib/core/error.ts";
import { writeFileAtomically } from "../../../lib/core/files/write_file.ts";
import type { IndexLine } from "../build/shard_record.ts";

/** File formats of the index. */
export const indexFormats: readonly ["jsonl", "parquet"] = ["jsonl", "parquet"];

/** `index.jsonl` or `index.parquet`. */
export type IndexFormat = "jsonl" | "parquet";

/** Writes the index in one form, and removes one that was written in another. */
export async function writeIndex(
  folder: string,
  lines: readonly IndexLine[],
  format: IndexFormat,
): Promise<void> {
  const content = format === "parquet" ? toParquet(lines) : toJsonLines(lines);
  await writeFileAtomically(join(folder, `index.${format}`), content);
  for (const other of indexFormats) {
    if (other === format) continue;
    await Deno.remove(join(folder, `index.${other}`)).catch(() => {});
  }
}

/**
 * The samples of the data set in `folder`.
 *
 * @throws {LocRefError} `file-missing` if it has no index.
 */
export async function readIndex(folder: string): Promise<IndexLine[]> {
  const jsonl = await readIfThere(join(folder, "index.jsonl"));
  if (jsonl) return fromJsonLines(jsonl);
  const parquet = await readIfThere(join(folder, "index.parquet"));
  if (parquet) return await fromParquet(parquet);
  throw new LocRefError(
    "file-missing",
    `${folder} has no index.jsonl or index.parquet: the folder is no data set, or its build was not finished`,
  );
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function toJsonLines(lines: readonly IndexLine[]): string {
  return lines.map((line) => JSON.stringify(line) + "\n").join("");
}

function fromJsonLines(bytes: Uint8Array): IndexLine[] {
  return new TextDecoder().decode(bytes).split("\n")
    .filter((line) => line !== "").map((line) => JSON.parse(line));
}

function toParquet(lines: readonly IndexLine[]): Uint8Array {
  const text = (name: "key" | "id" | "split" | "shard") => ({
    name,
    data: lines.map((line) => line[name]),
    type: "STRING" as const,
    nullable: false,
  });
  const json = (name: "categories" | "files") => ({
    name,
    data: lines.map((line) => line[name]),
    type: "JSON" as const,
    nullable: false,
  });
  const maybe = (name: "caption" | "original") => ({
    name,
    data: lines.map((line) => line[name] ?? null),
    type: "STRING" as const,
  });
  const buffer = parquetWriteBuffer({
    columnData: [
      text("key"),
      text("id"),
      text("split"),
      text("shard"),
      maybe("caption"),
      json("categories"),
      json("files"),
      maybe("original"),
    ],
    createdBy: "locref-dataset",
  });
  return Buffer.from(buffer);
}

async function fromParquet(bytes: Uint8Array): Promise<IndexLine[]> {
  const file = new Uint8Array(bytes).buffer;
  const rows = await parquetReadObjects({ file }) as unknown as (
    & Omit<IndexLine, "original">
    & { readonly original: string | null }
  )[];
  return rows.map(({ original, ...line }) =>
    original === null ? line : { ...line, original }
  );
}
