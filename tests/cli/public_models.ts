/** Small models that stand for public ones, and commands that are run on them. */

import { fromFileUrl, join } from "@std/path";

const root = fromFileUrl(new URL("../../", import.meta.url));

/** Folder with small models. */
export const goldens = join(root, "tests/goldens");

/** All files of a folder, by their paths. */
export async function filesIn(
  folder: string,
  inside = "",
): Promise<Record<string, Uint8Array>> {
  const found: Record<string, Uint8Array> = {};
  for await (
    const { name, isDirectory } of Deno.readDir(join(folder, inside))
  ) {
    const path = inside === "" ? name : `${inside}/${name}`;
    if (isDirectory) Object.assign(found, await filesIn(folder, path));
    else found[path] = await Deno.readFile(join(folder, path));
  }
  return found;
}

/** Text that a command printed, and its exit code. */
export interface Done {
  readonly code: number;
  readonly text: string;
}

/** Runs commands one after the other in a process of their own. */
export async function run(
  commands: readonly (readonly string[])[],
  { cwd, env }: { cwd: string; env: Record<string, string> },
): Promise<Done[]> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "-A", "--config", join(root, "deno.json")],
      ...[join(root, "tests/cli/run_commands.ts"), JSON.stringify(commands)],
    ],
    ...{ cwd, env },
  }).output();
  const text = new TextDecoder();
  const lines = text.decode(stdout).trim().split("\n");
  if (lines.length !== commands.length) throw new Error(text.decode(stderr));
  return lines.map((line) => JSON.parse(line));
}
