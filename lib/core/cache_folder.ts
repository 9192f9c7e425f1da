import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";

/** Folder for what is fetched once for all of a user's projects: `$XDG_CACHE_HOME/locref` or `~/.cache/locref`. */
export function cacheFolder(): string {
  return join(
    process.env.XDG_CACHE_HOME || join(homedir(), ".cache"),
    "locref",
  );
}
