import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "./run_command.ts";

const root = new URL("../../", import.meta.url);

/**
 * Folder of the npm package `name` of this project, installed where it is not yet.
 *
 * @throws {Error} if it cannot be installed.
 */
export async function packageFolder(name: string): Promise<string> {
  const found = find(name);
  if (found !== undefined) return found;
  const { imports } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", root)),
  );
  const { tail } = await runCommand(
    Deno.execPath(),
    ["cache", "--node-modules-dir=auto", imports[name]],
    { cwd: fileURLToPath(root) },
  );
  const installed = find(name);
  if (installed !== undefined) return installed;
  throw new Error(
    `Package ${name} is not installed: run \`deno install\` (${tail})`,
  );
}

function find(name: string): string | undefined {
  try {
    // A new resolver each time: it remembers what it did not find.
    const require = createRequire(new URL("deno.json", root));
    return dirname(require.resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}
