import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";

/** The user's home folder; from the environment, since asking the system needs `--allow-sys`. */
export function homeFolder(): string {
  return process.env.HOME || process.env.USERPROFILE || homedir();
}

/** Folder for what is fetched once for all of a user's projects: `$XDG_CACHE_HOME/locref` or `~/.cache/locref`. */
export function cacheFolder(): string {
  return join(
    process.env.XDG_CACHE_HOME || join(homeFolder(), ".cache"),
    "locref",
  );
}
