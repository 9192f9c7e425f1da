import { LocRefError } from "../../core/error.ts";
import { quote } from "../../core/quote.ts";

/** Pixels of CSS in one of each unit. */
const pixels: Readonly<Record<string, number>> = {
  px: 1,
  in: 96,
  cm: 96 / 2.54,
  mm: 96 / 25.4,
  q: 96 / 101.6,
  pt: 96 / 72,
  pc: 16,
};

/**
 * A length of an SVG in its user units.
 *
 * @param whole what 100 % are.
 * @param place the beginning of messages.
 * @throws {LocRefError} `file-invalid` if it is no length, too large, or in a unit that depends on a font.
 */
export function readLength(text: string, whole: number, place: string): number {
  const [, digits, unit = "px"] =
    /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*([a-z]+|%)?\s*$/i
      .exec(text) ?? [];
  const factor = unit === "%" ? whole / 100 : pixels[unit.toLowerCase()];
  if (digits !== undefined && factor !== undefined) {
    const length = Number(digits) * factor;
    if (Number.isFinite(length)) return length;
    throw new LocRefError(
      "file-invalid",
      `${place} is larger than any number that is computed with, got ${
        quote(text)
      }`,
    );
  }
  throw new LocRefError(
    "file-invalid",
    `${place} must be a number, in ${
      Object.keys(pixels).join(", ")
    } or %, got ${quote(text)}`,
  );
}
