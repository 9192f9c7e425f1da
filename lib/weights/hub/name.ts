import { quote } from "../../core/quote.ts";

/** A repository of the hub, with what is wanted of it. */
export interface HubName {
  /** `organisation/repository`. */
  readonly id: string;
  /** Branch, tag or commit. @default {"main"} */
  readonly revision?: string;
  /** File or folder inside the repository, with `/` between its parts. */
  readonly path?: string;
}

const PART = "[A-Za-z0-9][A-Za-z0-9._-]{0,95}";
const PLAIN = new RegExp(`^(${PART}/${PART})()(?:[:/](.+))?$`);
const PINNED = new RegExp(`^(${PART}/${PART})@([^:]+)(?::(.+))?$`);

/**
 * Reads `org/repo`, `org/repo@revision`, `org/repo/path/in/repo` or
 * `org/repo@revision:path/in/repo` (a colon, since revisions may hold slashes).
 *
 * @returns `undefined` where `text` is no such name.
 * @throws {TypeError} if the path or revision leaves its folder.
 */
export function parseHubName(text: string): HubName | undefined {
  const match = PLAIN.exec(text) ?? PINNED.exec(text);
  if (!match) return undefined;
  const [, id, revision] = match;
  const path = match[3]?.replace(/\/+$/, "");
  if (/--|\.\./.test(id!)) return undefined;
  if (revision) checkRelativePath(revision, "Revision");
  if (path) checkRelativePath(path, "Path");
  return {
    id: id!,
    revision: revision || undefined,
    path: path || undefined,
  };
}

/**
 * Makes sure that a name that comes from outside stays below the folder it is joined to.
 *
 * @throws {TypeError} if it is absolute, has a drive letter, goes upwards, or is no name of a file.
 */
export function checkRelativePath(path: string, what = "File name"): void {
  if (isRelativePath(path)) return;
  throw new TypeError(
    `${what} ${quote(path)} is not a relative path inside its folder`,
  );
}

/** Longest name of a file or folder that file systems have, in bytes. */
const LONGEST_NAME = 255;

/** Longest path inside a repository that is read, in characters. */
const LONGEST_PATH = 1024;

/** Whether `path` names something below the folder it is joined to, on every system. */
export function isRelativePath(path: string): boolean {
  if (path.length > LONGEST_PATH || CONTROL.test(path)) return false;
  return path.split(/[/\\]/).every((part) =>
    part !== "" && part !== "." && part !== ".." &&
    !/^[A-Za-z]:/.test(part) &&
    new TextEncoder().encode(part).length <= LONGEST_NAME
  );
}

// deno-lint-ignore no-control-regex
const CONTROL = /[\u0000-\u001f\u007f]/;
