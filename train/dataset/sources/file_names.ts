/** Names of files as annotations write them, and as file systems do. */

/** On Windows a backslash is always a separator, and a colon names a drive. */
const onWindows = Deno.build.os === "windows";

/**
 * The readings of a name that stay inside their folder, likeliest first: unchanged, with Windows'
 * backslashes as separators, and with URL escapes (`%20`) decoded.
 */
export function readingsOf(name: string): string[] {
  const slashed = slashes(name);
  const readings = onWindows ? [slashed] : [name, slashed];
  readings.push(slashes(unescaped(slashed)));
  return readings.filter((one, i) =>
    readings.indexOf(one) === i && staysInside(one, one !== name)
  );
}

/** Whether a name leads out of its folder: by `..`, a drive, an empty part, or a NUL character. */
export function leadsOut(name: string): boolean {
  const slashed = slashes(name);
  return !staysInside(slashed, slashed !== name);
}

function slashes(name: string): string {
  return name.replaceAll("\\", "/");
}

function unescaped(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // a per cent sign of its own
  }
}

function staysInside(name: string, strict: boolean): boolean {
  const parts = name.split("/");
  return name !== "" && !name.includes("\0") && parts[0] !== "" &&
    !parts.includes("..") &&
    !(strict && parts.includes("")) &&
    !((onWindows || parts.length > 1) && /^[A-Za-z]:/.test(name));
}

/**
 * The form of a name that all names of the same file share: Macs decompose letters with accents (NFD),
 * and some tools escape what URLs do not take.
 */
export function foldName(name: string): string {
  return unescaped(name).normalize("NFC");
}

/** The last part of a name. */
export function baseOf(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

/** Adds a value to the list of `key`. */
export function pushTo<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** The error for a name that means more than one file. */
export function ambiguous(name: string, found: readonly string[]): Error {
  return new Error(
    `The name ${name} may be ${found[0]} or ${found[1]}${
      found.length > 2 ? ` or ${found.length - 2} others` : ""
    }`,
  );
}
