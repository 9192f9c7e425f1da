import { join } from "node:path";

/** No setup works on one folder for longer than this. */
const stale = 3600_000;

/** Removes what setups that were killed left in `folder`: names of `prefix` that end in `.part`. */
export async function removeLeftovers(
  folder: string,
  prefix: string,
): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.startsWith(prefix) || !name.endsWith(".part")) continue;
    const path = join(folder, name);
    const { mtime } = await Deno.stat(path);
    if (mtime === null || Date.now() - mtime.getTime() < stale) continue;
    await Deno.remove(path, { recursive: true });
  }
}
