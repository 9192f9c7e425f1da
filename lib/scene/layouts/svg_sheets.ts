import { LocRefError } from "../../core/error.ts";
import { quote } from "../../core/quote.ts";
import type { Element } from "./xml.ts";

/** Declarations of a style sheet by which a rectangle is hidden, moved or turned. */
const moving =
  /(?<=[{;]\s*)(display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|(?:transform|translate|rotate|scale)\s*:)/i;

/** Declarations that place a rectangle; on the picture itself they change nothing of its boxes. */
const placing = /(?<=[{;]\s*)((?:x|y|width|height)\s*:)/i;

/**
 * Makes sure that no style sheet hides or places a rectangle: its rules are not read, so that the
 * box would be another one than the picture shows.
 *
 * @throws {LocRefError} `file-invalid` naming the declaration.
 */
export function refuseSheets(
  { name, text, children }: Element,
  file: string,
): void {
  const found = name === "style" ? refused(text) : undefined;
  if (found !== undefined) {
    throw new LocRefError(
      "file-invalid",
      `${file} has a style sheet with ${
        quote(found)
      }, which is not read: write it into the elements that it is for`,
    );
  }
  for (const child of children) refuseSheets(child, file);
}

function refused(sheet: string): string | undefined {
  const rules = sheet.replace(/\/\*.*?\*\//gs, " ");
  const ofShapes = rules.replace(
    /(?<=^|[{}])\s*(?:svg|:root|@font-face|@page)\s*\{[^{}]*\}/gi,
    "}",
  );
  return (moving.exec(rules) ?? placing.exec(ofShapes))?.[0];
}
