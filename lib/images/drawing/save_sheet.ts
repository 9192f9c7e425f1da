import { checkValue } from "../../core/check_options.ts";
import { writeFileAtomically } from "../../core/files/write_file.ts";
import { text } from "../../core/kinds.ts";
import { encodeImage, formatOfPath } from "../encode.ts";
import type { Raster } from "../raster.ts";

/**
 * Checks the path that a picture or sheet is written to.
 *
 * @throws {TypeError | RangeError} naming the value and what is allowed.
 */
export function checkSavePath(path: unknown): void {
  checkValue(path, text('a file\'s path, such as "out/picture.png"'), {
    name: "Path to save to",
  });
}

/** Writes a sheet to `path` (.png, .webp, .jpg), whole or not at all. */
export async function saveSheet(
  path: string,
  draw: () => Promise<Raster>,
): Promise<void> {
  checkSavePath(path);
  const format = formatOfPath(path);
  await writeFileAtomically(path, await encodeImage(await draw(), { format }));
}
