import { homedir } from "node:os";
import { join } from "node:path";

/** Folder for large files that all clones of one user share: `$XDG_CACHE_HOME/locref` or `~/.cache/locref`. */
export function cacheFolder(): string {
  const cache = Deno.env.get("XDG_CACHE_HOME") || join(homedir(), ".cache");
  return join(cache, "locref");
}
