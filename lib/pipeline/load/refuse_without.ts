import { LocRefError } from "../../core/error.ts";
import { quotePath } from "../../core/machine/system_error.ts";
import type { PeekedFolder } from "../../weights/hub/peek.ts";

/**
 * Refuses a folder that lacks the file which says what it is: all of its weights would be fetched.
 *
 * @param inside Folder of a whole model that would be right.
 */
export function refuseWithout(
  file: string,
  name: string,
  { paths }: PeekedFolder,
  inside?: string,
): void {
  if (paths.includes(file)) return;
  const advice = inside !== undefined && paths.includes(`${inside}/${file}`)
    ? `name the folder in it, ${quotePath(within(name, inside))}`
    : filesIn(name, paths);
  throw new LocRefError(
    "file-missing",
    `${quotePath(name)} on the hub has no ${file}: ${advice}`,
  );
}

/** Advice on a folder of single files. */
function filesIn(name: string, paths: readonly string[]): string {
  const files = paths.filter((path) =>
    path.endsWith(".safetensors") && !path.includes("/")
  );
  if (files.length === 0) return "name a repository or a folder that has one";
  return `name one of its files, such as ${quotePath(within(name, files[0]!))}${
    files.length > 1 ? ` (it has ${files.length})` : ""
  }`;
}

/** A name with a file or folder in it: behind a revision stands a colon. */
function within(name: string, path: string): string {
  return /@[^:]*$/.test(name) ? `${name}:${path}` : `${name}/${path}`;
}
