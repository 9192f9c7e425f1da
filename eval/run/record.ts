/** Record of each picture, stored beside it. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { readJson } from "../../lib/core/files/read_json.ts";
import { writeFileAtomically } from "../../lib/core/files/write_file.ts";
import type {
  Detection,
  InstanceScore,
} from "../../lib/pipeline/options/rulers.ts";

/** Measurements of one picture. */
export interface Measurement {
  readonly width: number;
  readonly height: number;
  readonly instances: readonly (InstanceScore & {
    readonly category?: string;
    /** Left, top, right, bottom as fractions. */
    readonly box: readonly [number, number, number, number];
  })[];
  readonly clipT?: number;
  readonly detections: readonly Detection[];
}

/** One picture's scores with all that they were computed from. */
export interface PictureRecord extends Measurement {
  readonly key: string;
  readonly column: string;
  /** Seed of the noise, where the picture was made here. */
  readonly seed?: number;
  /** SHA-256 of the picture's file, where something else made it. */
  readonly source?: string;
}

/** Where a column's files of `key` lie, without the ending. */
export function pathOf(out: string, column: string, key: string): string {
  return join(out, "pictures", column, key);
}

/** Reads a record, or `undefined` where there is none yet. */
export async function readRecord(
  out: string,
  column: string,
  key: string,
): Promise<PictureRecord | undefined> {
  const path = `${pathOf(out, column, key)}.json`;
  return existsSync(path) ? await readJson<PictureRecord>(path) : undefined;
}

/** Writes a record, after its picture. */
export async function writeRecord(
  out: string,
  record: PictureRecord,
): Promise<void> {
  const path = `${pathOf(out, record.column, record.key)}.json`;
  await writeFileAtomically(path, `${JSON.stringify(record)}\n`);
}
