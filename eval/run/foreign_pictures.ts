/** Pictures that something else made of the scenes. */

import { counted } from "../../lib/core/counted.ts";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { LocRefError } from "../../lib/core/error.ts";
import { quote } from "../../lib/core/quote.ts";
import type { Column } from "./columns.ts";

const endings = ["png", "jpg", "jpeg", "webp"];

/** Path of a scene's picture in `folder`. */
export function foreignPath(folder: string, key: string): string | undefined {
  return endings.map((ending) => join(folder, `${key}.${ending}`))
    .find((path) => existsSync(path));
}

/**
 * Makes sure, before anything is made, that every scene has its picture in every such column.
 *
 * @throws {LocRefError} `file-missing` naming the folder and the first picture that it lacks.
 */
export function checkForeignPictures(
  columns: readonly Column[],
  keys: readonly string[],
): void {
  for (const { name, pictures } of columns) {
    if (pictures === undefined) continue;
    const folder = `Column ${quote(name)}: folder ${quote(pictures)}`;
    if (!existsSync(pictures)) {
      throw new LocRefError(
        "file-missing",
        `${folder} is missing: it must hold ${
          quote(`${keys[0] ?? "KEY"}.png`)
        } and the pictures of the other scenes`,
      );
    }
    const missing = keys.filter((key) =>
      foreignPath(pictures, key) === undefined
    );
    if (missing.length === 0) continue;
    throw new LocRefError(
      "file-missing",
      `${folder} has pictures of ${keys.length - missing.length} of ${
        counted(keys.length, "scene")
      }: ${missing[0]}.png was expected (or .jpg, .jpeg, .webp)`,
    );
  }
}
