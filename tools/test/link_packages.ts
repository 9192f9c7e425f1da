/**
 * Packages of the tests, installed before them.
 *
 * Deno sets `node_modules` up anew in each process that imports a package late. It removes links and
 * makes them again, so that a process beside it may find none. While tests run, nobody does that.
 */

import { runDeno } from "./run_deno.ts";

/**
 * Variable with which Deno leaves `node_modules` alone, in all processes that inherit it. Its own
 * flag for that, `--node-modules-dir=manual`, is not inherited.
 */
export const keepsLinks = "DENO_INTERNAL_IS_LIFECYCLE_SCRIPT";

/** Packages of npm that a configuration imports, each once, in order. */
export function importedPackages(
  { imports }: { readonly imports: Readonly<Record<string, string>> },
): string[] {
  const packages = Object.values(imports).flatMap((specifier) => {
    const [found] = specifier.match(/^npm:\/?(@[^/]+\/)?[^/]+/) ?? [];
    return found === undefined ? [] : [found.replace("npm:/", "npm:")];
  });
  return [...new Set(packages)].sort();
}

/** Installs all packages; from then on, processes that start leave them alone. */
export async function linkPackages(map: readonly string[]): Promise<void> {
  const config = new URL("../../deno.json", import.meta.url);
  const packages = importedPackages(
    JSON.parse(await Deno.readTextFile(config)),
  );
  const { code } = await runDeno(["cache", "--quiet", ...map, ...packages]);
  if (code === 0) Deno.env.set(keepsLinks, "1");
  else console.error("Packages are missing, so processes install them late");
}
