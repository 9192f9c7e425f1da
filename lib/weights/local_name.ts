import { existsSync } from "node:fs";
import { quote, shorten } from "../core/quote.ts";
import { LocRefError } from "../core/error.ts";

/** Folders that this package writes to and reads models from; organisations of the hub that are named so need `@revision`. */
const ownFolders = ["runs", "out", "models"];

/**
 * Refuses a name that looks like a path of this machine but is missing, before any request to the
 * hub. Such a name's first part is a folder here, or one that this package writes to.
 *
 * A name with a revision (`org/repo@main`) is always one of the hub.
 *
 * @param kind of thing that is missing, such as `file`.
 * @throws {LocRefError} `file-missing`.
 */
export function refuseLocalName(name: string, kind: string): void {
  if (name.includes("@")) return;
  const [first, second, ...rest] = name.split("/");
  if (!first || !second) return;
  if (!ownFolders.includes(first) && !existsSync(first)) return;
  const onHub = `${first}/${second}@main${
    rest.length === 0 ? "" : `:${rest.join("/")}`
  }`;
  throw new LocRefError(
    "file-missing",
    `There is no ${kind} ${quote(name)}: names below ${
      quote(first)
    } are of this machine, and a repository on the hub is written ${
      JSON.stringify(shorten(onHub, 200))
    }`,
  );
}
