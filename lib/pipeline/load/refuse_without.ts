import { LocRefError } from "../../core/error.ts";
import { quotePath } from "../../core/machine/system_error.ts";
import type { PeekedFolder } from "../../weights/hub/peek.ts";

/**
 * Refuses a folder that lacks the file which says what it is: all of its weights would be fetched.
 *
 * @param inside Name of a folder in it that would be right.
 * @param alone Whether one of its files would be right. @default {true}
 */
export function refuseWithout(
  file: string,
  name: string,
  { paths }: PeekedFolder,
  { inside, alone = true }: { inside?: string; alone?: boolean } = {},
): void {
  if (paths.includes(file)) return;
  const found = inside && folderIn(paths, `${inside}/${file}`);
  const advice = found
    ? `name the folder in it, ${quotePath(within(name, found))}`
    : filesIn(name, alone ? paths : []);
  throw new LocRefError(
    "file-missing",
    `${quotePath(name)} on the hub has no ${file}: ${advice}`,
  );
}

/** The first folder with a file, at the top or below. */
function folderIn(paths: readonly string[], file: string): string | undefined {
  const [first] = paths.filter((path) => `/${path}`.endsWith(`/${file}`))
    .sort();
  return first?.slice(0, first.lastIndexOf("/"));
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
