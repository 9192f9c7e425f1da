/** Notes in the header of an adapter's file. */

import { LocRefError } from "../core/error.ts";
import type { AdapterSource } from "./adapter.ts";

/**
 * A number in a file's notes.
 *
 * @throws {LocRefError} `file-invalid` if it is none.
 */
export function numberIn(
  file: AdapterSource,
  key: string,
  otherwise: number,
): number {
  const text = file.metadata[key];
  const value = text === undefined ? otherwise : Number(text);
  if (Number.isFinite(value)) return value;
  throw badMetadata(file, `says ${key} "${text}": it must be a number`);
}

/** The error of a file whose notes cannot be read. */
export function badMetadata(file: AdapterSource, what: string): LocRefError {
  return new LocRefError(
    "file-invalid",
    `Metadata of adapter "${file.path}" ${what}`,
  );
}
