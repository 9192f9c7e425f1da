/** The part of `@std/path` that this project uses, over `node:path`, for machines that cannot reach JSR. */

import nodePath from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** Last part of a path, without `suffix` where it ends in it. */
export const basename: (path: string, suffix?: string) => string =
  nodePath.basename;

/** Everything before the last part of a path. */
export const dirname: (path: string) => string = nodePath.dirname;

/** Extension of a path with its full stop, empty where there is none. */
export const extname: (path: string) => string = nodePath.extname;

/** Joins and normalises parts of a path. */
export const join: (...parts: string[]) => string = nodePath.join;

/** Relative path between two paths. */
export const relative: (from: string, to: string) => string = nodePath.relative;

/** Absolute path from parts, read from the right. */
export const resolve: (...parts: string[]) => string = nodePath.resolve;

/** Path of a `file:` URL. */
export function fromFileUrl(url: string | URL): string {
  return fileURLToPath(url);
}

/** `file:` URL of an absolute path. */
export function toFileUrl(path: string): URL {
  if (!nodePath.isAbsolute(path)) {
    throw new TypeError(`Path must be absolute: received "${path}"`);
  }
  return pathToFileURL(path);
}
