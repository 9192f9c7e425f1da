/**
 * A path as files that travel may name it: no folder of this machine stands in it.
 *
 * A folder in the hub's cache is the hub id with its revision; any other absolute path, and one that
 * climbs, is its last part. Everything else stays, so hub ids and names do.
 */
export function portableName(name: string): string {
  const cached =
    /models--([^\\/]+?)--([^\\/]+)[\\/]snapshots[\\/]([^\\/]+)(.*)$/s
      .exec(name);
  if (cached !== null) {
    const [, owner, repo, revision, rest] = cached;
    return `${owner}/${repo}@${revision}${rest!.replaceAll("\\", "/")}`
      .replace(/\/+$/, "");
  }
  return leadsAway(name) ? lastPart(name) : name;
}

/** Whether a text is an absolute path, a `file:` URL, or a path that climbs or starts from a home. */
function leadsAway(text: string): boolean {
  return /^([\\/~]|[a-z]:[\\/]|file:)/i.test(text) ||
    /(^|[\\/])\.\.([\\/]|$)/.test(text);
}

/** The last part of a path, whichever way its slashes lean. */
export function lastPart(path: string): string {
  const parts = path.split(/[\\/]+/).filter((part) =>
    part !== "" && part !== "." && part !== ".."
  );
  return parts.at(-1) ?? "";
}

/** A message without the folders of paths that stand in it in quotes, as the system writes them. */
export function withoutFolders(message: string): string {
  return message.replace(
    /(['"])((?:[\\/~]|[a-z]:[\\/]|file:)[^'"]*)\1/gi,
    (_, quote, path) => `${quote}${lastPart(path)}${quote}`,
  );
}

/** JSON with the {@linkcode portableName} of each text in it that is a path of this machine. */
export function withoutPaths(value: unknown): unknown {
  if (typeof value === "string") return portableName(value);
  if (Array.isArray(value)) return value.map(withoutPaths);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      portableName(key),
      withoutPaths(inner),
    ]),
  );
}
