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
  const [, id, revision, path] = match;
  if (/--|\.\./.test(id!)) return undefined;
  if (revision) checkRelativePath(revision, "Revision");
  if (path) checkRelativePath(path, "Path");
  return {
    id: id!,
    revision: revision || undefined,
    path: path?.replace(/\/+$/, "") || undefined,
  };
}

/**
 * Makes sure that a name that comes from outside stays below the folder it is joined to.
 *
 * @throws {TypeError} if it is absolute, has a drive letter or goes upwards.
 */
export function checkRelativePath(path: string, what = "File name"): void {
  const parts = path.split(/[/\\]/);
  const leaves = parts.some((part) => part === ".." || part === ".") ||
    /^[/\\]/.test(path) || parts.some((part) => /^[A-Za-z]:/.test(part)) ||
    path.includes("\0");
  if (leaves) {
    throw new TypeError(
      `${what} ${
        JSON.stringify(path)
      } is not a relative path inside its folder`,
    );
  }
}
