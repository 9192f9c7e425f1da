import { checkOptions, checkValue } from "../../core/check_options.ts";
import { oneOf, text, whole } from "../../core/kinds.ts";
import type { SaveOptions } from "../picture.ts";

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

/**
 * Checks how a picture is encoded.
 *
 * @throws {TypeError | RangeError} naming the option, its value and what is allowed.
 */
export function checkSaveOptions(
  options: SaveOptions,
  of: "encode" | "save",
): void {
  checkOptions<SaveOptions>(options, {
    of,
    fields: {
      format: oneOf(["png", "webp", "jpeg"]),
      quality: whole({ min: 1, max: 100 }),
      provenance: oneOf(["full", "portable", "none"]),
    },
    elsewhere: { type: "format", mime: "format", extension: "format" },
  });
}
